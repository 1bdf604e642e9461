import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';
import { stateDiagram, transitions } from '../../daemon/supervisor/states.ts';

const path = join(packageRoot(), 'docs', 'states.md');
const block = /(<!-- diagram: .*-->\n)[^]*(<!-- end of diagram -->)/;

/** The page with the diagram of the table. `UPDATE_DOCS=1` writes it. */
function currentPage(page: string): string {
  return page.replace(
    block,
    (_all, begin: string, end: string) =>
      `${begin}\n\`\`\`mermaid\n${stateDiagram()}\`\`\`\n\n${end}`,
  );
}

describe('docs/states.md', () => {
  it('shows the table of states', () => {
    const page = readFileSync(path, 'utf8');
    const current = currentPage(page);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, current);
    else expect(page).to.equal(current, 'regenerate it as the page says');
    expect(current).to.contain('stateDiagram-v2');
  });

  it('explains every state and every event', () => {
    const page = readFileSync(path, 'utf8');
    const events = Object.values(transitions).flatMap((row) => Object.keys(row));
    for (const name of [...Object.keys(transitions), ...events]) {
      expect(page, name).to.match(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
    }
  });
});
