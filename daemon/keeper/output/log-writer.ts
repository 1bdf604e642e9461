/**
 * Appends a module's lines to its log file, in order, one write at a time. While a write is under
 * way the reader of the module's output pauses (`whenIdle` tells when to go on), so a slow disk
 * blocks the module as any pipe would, and a killed keeper loses at most what it had just read.
 * A failing disk never blocks: lines are dropped, counted, and a line that has the number of the
 * first of them marks the gap as soon as the disk works again and something is there to write.
 */
import { write } from 'node:fs';
import { RotatingFile, type RotationRule } from '../../rotating-file.ts';
import { type Entry, firstLineBytes, type Gap, type Run, takeFitting } from './log-runs.ts';

export class LogWriter {
  readonly #file: RotatingFile;
  readonly #markGap: (gap: Gap) => Buffer;
  #pending: Entry[] = [];
  #pendingBytes = 0;
  #writing = false;
  #closed = false;
  readonly #idleWaiters: (() => void)[] = [];

  /** @param markGap makes the line, with its newline, that stands for the missing ones */
  constructor(path: string, rule: RotationRule, markGap: (gap: Gap) => Buffer) {
    this.#file = new RotatingFile(path, rule);
    this.#markGap = markGap;
  }

  set rule(rule: RotationRule) {
    this.#file.rule = rule;
  }

  /** What is not written yet, what is under way included. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get busy(): boolean {
    return this.#writing;
  }

  /**
   * @param seq number of the first of the lines
   * @param lines each with its newline; not changed afterwards
   */
  append(seq: number, count: number, lines: Buffer): void {
    this.#pending.push({ seq, count, bytes: lines });
    this.#pendingBytes += lines.length;
    if (!this.#writing) {
      this.#writing = true;
      // Lines of the same read go out in one write.
      queueMicrotask(() => this.#writeNext());
    }
  }

  /** Counts lines that are deliberately not stored. */
  drop(seq: number, count: number, why: string): void {
    const last = this.#pending.at(-1);
    if (last && 'why' in last) this.#pending[this.#pending.length - 1] = join(last, count, why);
    else this.#pending.push({ seq, count, why });
  }

  /** Calls back as soon as nothing is left to write; at once when that is now. */
  whenIdle(callback: () => void): void {
    if (this.#writing) this.#idleWaiters.push(callback);
    else callback();
  }

  /** Closes the file once everything is written. */
  close(): void {
    this.#closed = true;
    this.whenIdle(() => this.#file.close());
  }

  #writeNext(): void {
    // Gaps alone wait for the next line, or a failing disk would be tried without a pause.
    if (this.#pending.every((entry) => 'why' in entry)) {
      this.#writing = false;
      if (this.#closed) this.#file.close();
      for (const wake of this.#idleWaiters.splice(0)) wake();
      return;
    }
    const runs = this.#pending.map((entry) => ('why' in entry ? this.#marked(entry) : entry));
    this.#pending = [];
    try {
      const firstBytes = firstLineBytes(runs);
      const fd = this.#file.prepare(firstBytes);
      const { fitting, rest } = takeFitting(runs, Math.max(firstBytes, this.#file.roomBytes));
      this.#pending = rest;
      const batch = joined(fitting);
      writeFully(fd, batch, 0, (error) => {
        if (error) this.#discardPartial();
        else this.#file.wrote(batch.length);
        this.#done(fitting, error);
      });
    } catch (error) {
      // Opening or rotating failed; wait a turn, so that a broken disk costs no recursion.
      setImmediate(() => this.#done(runs, error as Error));
    }
  }

  #marked(gap: Gap): Run {
    const bytes = this.#markGap(gap);
    this.#pendingBytes += bytes.length;
    return { seq: gap.seq, count: gap.count, bytes };
  }

  #done(runs: readonly Run[], error: Error | null): void {
    for (const { bytes } of runs) this.#pendingBytes -= bytes.length;
    if (error) this.#takeBack(runs, error);
    this.#writeNext();
  }

  #takeBack(lost: readonly Run[], error: Error): void {
    const why = (error as NodeJS.ErrnoException).code ?? error.message;
    const count = lost.reduce((sum, run) => sum + run.count, 0);
    const [next, ...later] = this.#pending;
    const gap = { seq: lost[0]?.seq ?? 0, count, why };
    this.#pending =
      next && 'why' in next ? [join(gap, next.count, why), ...later] : [gap, ...this.#pending];
    this.#file.close();
  }

  #discardPartial(): void {
    try {
      this.#file.discardPartial();
    } catch {
      // The disk is failing already: the next open ends the torn line, and readers skip it.
    }
  }
}

function join(gap: Gap, count: number, why: string): Gap {
  return { seq: gap.seq, count: gap.count + count, why };
}

function joined(runs: readonly Run[]): Buffer {
  const [first] = runs;
  return first && runs.length === 1 ? first.bytes : Buffer.concat(runs.map(({ bytes }) => bytes));
}

function writeFully(
  fd: number,
  bytes: Buffer,
  offset: number,
  done: (error: Error | null) => void,
): void {
  write(fd, bytes, offset, bytes.length - offset, null, (error, written) => {
    if (error) done(error);
    else if (offset + written < bytes.length) writeFully(fd, bytes, offset + written, done);
    else done(null);
  });
}
