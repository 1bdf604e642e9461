import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { linesBackward } from '../../rpc/backward-lines.ts';
import { tailFiles, type LogSelection } from '../../rpc/log-files.ts';
import type { LogLine } from '../../rpc/shapes.ts';

const all: LogSelection = { module: null, level: null, since: null, lines: 50 };

function stored(
  module: string,
  seq: number,
  second: number,
  change: Partial<LogLine> = {},
): string {
  const time = new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString();
  const line: LogLine = {
    seq,
    time,
    module,
    stream: 'stdout',
    level: 'info',
    text: 't',
    ...change,
  };
  return `${JSON.stringify(line)}\n`;
}

describe('the log files of a home', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sb-logs-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  async function tail(change: Partial<LogSelection> = {}): Promise<string[] | null> {
    const lines = await tailFiles(dir, { ...all, ...change });
    return lines?.map(({ module, seq }) => `${module} ${seq}`) ?? null;
  }

  it('are read from the last line back, whatever the chunks cut', async () => {
    const path = join(dir, 'any');
    const line = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((text) => text.replaceAll('\n', ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(line, fc.nat(6000))),
        fc.boolean(),
        async (parts, isLastWhole) => {
          const lines = parts.map(([text, times]) => text.repeat(text === '' ? 0 : times));
          await writeFile(path, lines.join('\n') + (isLastWhole ? '\n' : ''));
          const read: string[] = [];
          for await (const text of linesBackward(path)) read.push(text);
          expect(read.reverse()).to.deep.equal(lines.filter((text) => text !== ''));
        },
      ),
      { seed: 20261121, numRuns: 40 },
    );
  });

  it('lose nothing but a line that is beyond all bounds', async () => {
    await writeFile(join(dir, 'long'), `first\n${'x'.repeat(3_000_000)}\nlast\n`);
    const read: string[] = [];
    for await (const text of linesBackward(join(dir, 'long'))) read.push(text);
    expect(read).to.deep.equal(['last', 'first']);
  });

  it('give the last lines across rotated parts, oldest first', async () => {
    await writeFile(join(dir, 'a.log.10'), stored('a', 1, 1));
    await writeFile(join(dir, 'a.log.2'), stored('a', 2, 2));
    await writeFile(join(dir, 'a.log.1'), stored('a', 3, 3) + stored('a', 4, 4));
    await writeFile(join(dir, 'a.log'), stored('a', 5, 5));
    expect(await tail()).to.deep.equal(['a 1', 'a 2', 'a 3', 'a 4', 'a 5']);
    expect(await tail({ lines: 2 })).to.deep.equal(['a 4', 'a 5']);
    expect(await tail({ lines: 0 })).to.deep.equal([]);
  });

  it('are merged by time, lines of one module in their order', async () => {
    await writeFile(join(dir, 'a.log'), stored('a', 1, 1) + stored('a', 2, 3) + stored('a', 3, 3));
    await writeFile(join(dir, 'b.log'), stored('b', 1, 2) + stored('b', 2, 4));
    expect(await tail()).to.deep.equal(['a 1', 'b 1', 'a 2', 'a 3', 'b 2']);
    expect(await tail({ module: 'b' })).to.deep.equal(['b 1', 'b 2']);
  });

  it('are filtered by level and time', async () => {
    const lines = stored('a', 1, 1) + stored('a', 2, 2, { level: 'error' }) + stored('a', 3, 3);
    await writeFile(join(dir, 'a.log'), lines);
    expect(await tail({ level: 'warn' })).to.deep.equal(['a 2']);
    expect(await tail({ since: '2026-11-21T12:00:02.000Z' })).to.deep.equal(['a 2', 'a 3']);
  });

  it('are read past lines that are no log lines', async () => {
    await writeFile(
      join(dir, 'a.log'),
      `${stored('a', 1, 1)}null\n{"seq":1}\n${stored('a', 2, 2)}{"se`,
    );
    expect(await tail()).to.deep.equal(['a 1', 'a 2']);
  });

  it('are only those of modules: a name never becomes a path', async () => {
    await writeFile(join(dir, 'a.log'), stored('a', 1, 1));
    for (const module of ['../a', 'nosuch', 'a.log', '']) {
      expect(await tail({ module }), module).to.equal(null);
    }
  });

  it('may be missing altogether', async () => {
    expect(await tailFiles(join(dir, 'none'), all)).to.deep.equal([]);
  });
});
