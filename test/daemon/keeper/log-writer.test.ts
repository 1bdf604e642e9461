import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { type Gap, LogWriter } from '../../../daemon/keeper/log-writer.ts';

describe('the log writer', () => {
  let dir: string;
  let path: string;
  let writer: LogWriter;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'log-writer-'));
    path = join(dir, 'a.log');
    const mark = ({ seq, count, why }: Gap): string => `${seq} lost ${count} (${why})\n`;
    writer = new LogWriter(path, { maxSizeBytes: 1_000_000, keep: 1 }, mark);
  });
  afterEach(() => {
    writer.close();
    rmSync(dir, { recursive: true });
  });

  const append = (seq: number): void => writer.append(seq, `${seq} line\n`);
  const idle = (): Promise<void> => new Promise((resolve) => writer.whenIdle(resolve));
  const stored = (): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

  it('writes in order', async () => {
    for (const seq of [1, 2, 3]) append(seq);
    await idle();
    for (const seq of [4, 5]) append(seq);
    await idle();
    expect(stored()).to.deep.equal(['1 line', '2 line', '3 line', '4 line', '5 line']);
    expect(writer.pendingChars).to.equal(0);
  });

  it('marks what was dropped where it would stand, under its first number', async () => {
    append(1);
    writer.drop(2, 'slow');
    writer.drop(3, 'slow');
    append(4);
    writer.drop(5, 'slow');
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
    expect(writer.pendingChars).to.equal(0);
    rmSync(path, { recursive: true });
    append(5);
    await idle();
    expect(stored()).to.deep.equal(['2 lost 3 (EISDIR)', '5 line']);
  });

  it('adds up what the disk and what the rule lost', async () => {
    mkdirSync(path);
    append(1);
    writer.drop(2, 'slow');
    await idle();
    writer.drop(3, 'slow');
    rmSync(path, { recursive: true });
    append(4);
    await idle();
    expect(stored()).to.deep.equal(['1 lost 3 (slow)', '4 line']);
  });

  it('is busy from the first line to the last byte', async () => {
    expect(writer.busy).to.equal(false);
    append(1);
    expect(writer.busy).to.equal(true);
    expect(writer.pendingChars).to.equal('1 line\n'.length);
    await idle();
    expect(writer.busy).to.equal(false);
  });
});
