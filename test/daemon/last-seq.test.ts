import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { lastSeqOf } from '../../daemon/last-seq.ts';

describe('the last line number of a log file', () => {
  let dir: string;

  before(() => (dir = mkdtempSync(join(tmpdir(), 'last-seq-'))));
  after(() => rmSync(dir, { recursive: true }));

  const line = (seq: number, text = 'x'): string => JSON.stringify({ seq, time: 't', text }) + '\n';
  const cases: [why: string, content: string, seq: number][] = [
    ['0 of an empty file', '', 0],
    ['that of the last line', line(1) + line(2), 2],
    ['that of a torn line which shows its number', line(41) + '{"seq":42,"ti', 42],
    ['that before a line torn within its number', line(41) + '{"seq":4', 41],
    ['that before foreign text', line(41) + 'not ours\n', 41],
    ['not taken from the text of a line', line(41, '{"seq":99,'), 41],
    ['behind a line as long as they come', line(7, '\u0001'.repeat(64 * 1024)), 7],
    ['0 without any number', 'hello\n', 0],
  ];
  for (const [why, content, seq] of cases) {
    it(`is ${why}`, () => {
      const path = join(dir, 'a.log');
      writeFileSync(path, content);
      expect(lastSeqOf(path)).to.equal(seq);
    });
  }

  it('is 0 where there is no file', () => {
    expect(lastSeqOf(join(dir, 'none.log'))).to.equal(0);
  });

  it('cannot be told of what is no file', () => {
    expect(() => lastSeqOf(dir)).to.throw('is not a regular file');
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => lastSeqOf(pipe)).to.throw('is not a regular file');
  });
});
