import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Gap } from '../../../../daemon/keeper/output/log-runs.ts';
import { LogWriter } from '../../../../daemon/keeper/output/log-writer.ts';

describe('the log writer', () => {
  let dir: string;
  let path: string;
  let writer: LogWriter;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'log-writer-'));
    path = join(dir, 'a.log');
    const mark = ({ seq, count, why }: Gap) => Buffer.from(`${seq} lost ${count} (${why})\n`);
    writer = new LogWriter(path, { maxSizeBytes: 1_000_000, keep: 1 }, mark);
  });
  afterEach(() => {
    writer.close();
    rmSync(dir, { recursive: true });
  });

  const append = (seq: number): void => writer.append(seq, 1, Buffer.from(`${seq} line\n`));
  const idle = (): Promise<void> => new Promise((resolve) => writer.whenIdle(resolve));
  const stored = (): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

  it('writes in order', async () => {
    for (const seq of [1, 2, 3]) append(seq);
    await idle();
    for (const seq of [4, 5]) append(seq);
    await idle();
    expect(stored()).to.deep.equal(['1 line', '2 line', '3 line', '4 line', '5 line']);
    expect(writer.pendingBytes).to.equal(0);
  });

  it('marks what was dropped where it would stand, under its first number', async () => {
    append(1);
    writer.drop(2, 1, 'slow');
    writer.drop(3, 1, 'slow');
    append(4);
    writer.drop(5, 1, 'slow');
    append(6);
    await idle();
    const expected = ['1 line', '2 lost 2 (slow)', '4 line', '5 lost 1 (slow)', '6 line'];
    expect(stored()).to.deep.equal(expected);
  });

  it('drops and counts while the disk fails, and marks the gap when it works again', async () => {
    append(1);
    await idle();
    rmSync(path);
    mkdirSync(path);
    append(2);
    append(3);
    await idle();
    append(4);
    await idle();
    expect(writer.pendingBytes).to.equal(0);
    rmSync(path, { recursive: true });
    append(5);
    await idle();
    expect(stored()).to.deep.equal(['2 lost 3 (EISDIR)', '5 line']);
  });

  it('adds up what the disk and what the rule lost', async () => {
    mkdirSync(path);
    append(1);
    writer.drop(2, 1, 'slow');
    await idle();
    writer.drop(3, 1, 'slow');
    rmSync(path, { recursive: true });
    append(4);
    await idle();
    expect(stored()).to.deep.equal(['1 lost 3 (slow)', '4 line']);
  });

  it('keeps every file within its size, however much comes at once', async () => {
    writer.rule = { maxSizeBytes: 100, keep: 200 };
    const line = (seq: number): string => `${seq}${' '.repeat(1 + (seq % 40))}end\n`;
    for (let seq = 1; seq < 400; seq += 80) {
      const lines = Array.from({ length: 80 }, (_, i) => line(seq + i));
      writer.append(seq, 80, Buffer.from(lines.join('')));
    }
    await idle();
    const parts = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
    expect(parts.length).to.be.above(80);
    for (const part of parts) expect(part.length).to.be.at.most(100);
    const all = parts.join('').trimEnd().split('\n');
    all.sort((a, b) => parseInt(a) - parseInt(b));
    expect(all).to.deep.equal(Array.from({ length: 400 }, (_, i) => line(i + 1).trimEnd()));
  });

  it('counts exactly what was lost when the disk fails in the middle of a batch', async () => {
    writer.rule = { maxSizeBytes: 30, keep: 2 };
    mkdirSync(`${path}.2/in-the-way`, { recursive: true });
    const lines = Array.from({ length: 9 }, (_, i) => `${i + 1} line\n`);
    writer.append(1, 9, Buffer.from(lines.join('')));
    await idle();
    rmSync(`${path}.2`, { recursive: true });
    append(10);
    await idle();
    const parts = ['.2', '.1', ''].map((end) => readFileSync(`${path}${end}`, 'utf8'));
    const before = lines.slice(0, 4).join('');
    expect(parts).to.deep.equal([before, '5 lost 5 (ERR_FS_EISDIR)\n', '10 line\n']);
  });

  it('takes no pipe for a file, and goes on when it is gone', async () => {
    execFileSync('mkfifo', [path]);
    append(1);
    await idle();
    rmSync(path);
    append(2);
    await idle();
    expect(stored()).to.deep.equal(['1 lost 1 (a.log is not a regular file)', '2 line']);
  });

  it('is busy from the first line to the last byte', async () => {
    expect(writer.busy).to.equal(false);
    append(1);
    expect(writer.busy).to.equal(true);
    expect(writer.pendingBytes).to.equal('1 line\n'.length);
    await idle();
    expect(writer.busy).to.equal(false);
  });
});
