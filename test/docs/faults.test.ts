import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

interface Row {
  readonly section: string;
  readonly cells: readonly string[];
}

const page = readFileSync(join(packageRoot(), 'docs', 'faults.md'), 'utf8');
const sections = page.split(/^## /m).slice(1).map(readSection);
const rows = sections.flatMap(({ title, bodies }) =>
  bodies.map((cells): Row => ({ section: title, cells })),
);
/** A file and the title of one test in it. */
const proof = /`(test\/[^`]+\.test\.ts)`: "([^"]+)"/g;

describe('docs/faults.md', () => {
  it('has rows in every section', () => {
    const empty = sections.filter(({ bodies }) => bodies.length === 0);
    expect(empty.map(({ title }) => title)).to.deep.equal([]);
  });

  it('says of every fault what happens, what the operator sees and what proves it', () => {
    const unfinished = rows.filter(({ cells }) => cells.length !== 4 || cells.includes(''));
    expect(unfinished).to.deep.equal([]);
  });

  it('names tests that exist, by their literal titles, and nothing else', () => {
    const wrong = rows.flatMap(({ section, cells }) => {
      const [fault = '', , , proved = ''] = cells;
      return wrongIn(proved).map((why) => `${section}: ${fault}: ${why}`);
    });
    expect(wrong).to.deep.equal([]);
  });
});

/** A section's title and the rows of its table, below the head and the line of dashes. */
function readSection(text: string): { title: string; bodies: string[][] } {
  const [title = '', ...lines] = text.split('\n');
  const table = lines.filter((line) => line.startsWith('|')).map(cellsOf);
  return { title, bodies: table.slice(2) };
}

function cellsOf(line: string): string[] {
  const cells = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return cells.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function wrongIn(proved: string): string[] {
  const proofs = [...proved.matchAll(proof)];
  const wrong = proofs.flatMap(([, file = '', title = '']) => {
    const path = join(packageRoot(), file);
    if (!existsSync(path)) return [`there is no ${file}`];
    return titlesIn(readFileSync(path, 'utf8')).has(title) ? [] : [`${file} has no "${title}"`];
  });
  const rest = proved.replaceAll(proof, '').replaceAll(/<br>|[,;]/g, '');
  if (proofs.length === 0) wrong.push('no test is named');
  if (rest.trim() !== '') wrong.push(`this names no test: ${rest.trim()}`);
  return wrong;
}

/** Titles that are string literals: one that is put together at run time proves no row. */
function titlesIn(source: string): Set<string> {
  const calls = source.matchAll(/\bit\(\s*(['"])((?:\\.|(?!\1).)*)\1/g);
  return new Set([...calls].map(([, , title = '']) => title.replaceAll(/\\(.)/g, '$1')));
}
