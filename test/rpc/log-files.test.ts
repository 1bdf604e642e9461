// What the daemon asks of the stored logs beyond what the command line does: see test/cli/log-files.
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tailFiles, TooMuchLogError, type LogSelection } from '../../rpc/log-files.ts';
import type { LogLine } from '../../rpc/shapes.ts';
import { failure } from './failure.ts';

const selection: LogSelection = { module: 'm', level: null, since: null, lines: 100 };

function stored(seq: number, text = 't'): string {
  const time = new Date(Date.UTC(2026, 10, 21, 12, 0, seq)).toISOString();
  const line: LogLine = { seq, time, module: 'm', stream: 'stdout', level: null, text };
  return `${JSON.stringify(line)}\n`;
}

describe('stored log lines', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sb-logs-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('come once each from files that are renamed again and again while they are read', async () => {
    const newest = join(dir, 'm.log');
    const rotated = [1, 2, 3].map((number) => join(dir, `m.log.${number}`));
    const [first, second, third] = rotated as [string, string, string];
    await writeFile(second, stored(1) + stored(2));
    await writeFile(first, stored(3) + stored(4));
    const done = new AbortController();
    const rotation = (async () => {
      for (let seq = 5; !done.signal.aborted; seq += 2) {
        await writeFile(newest, stored(seq) + stored(seq + 1));
        await rename(second, third);
        await rename(first, second);
        await rename(newest, first);
      }
    })();
    try {
      for (let n = 0; n < 200; n += 1) {
        const seqs = ((await tailFiles(dir, selection)) ?? []).map(({ seq }) => seq);
        expect(seqs).to.deep.equal([...new Set(seqs)].sort((a, b) => a - b));
      }
    } finally {
      done.abort();
      await rotation;
    }
  });

  it('are refused where they are longer together than the caller can take', async () => {
    const text = 'x'.repeat(1000);
    await writeFile(join(dir, 'm.log'), stored(1, text) + stored(2, text) + stored(3, text));
    expect(await tailFiles(dir, { ...selection, lines: 2 }, 2500)).to.have.lengthOf(2);
    const error = await failure(tailFiles(dir, selection, 2500));
    expect(error).to.be.instanceOf(TooMuchLogError);
  });
});
