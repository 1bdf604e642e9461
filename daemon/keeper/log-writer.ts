/**
 * Appends a module's lines to its log file, in order, one write at a time. While a write is under
 * way the reader of the module's output pauses (`idle` tells when to go on), so a slow disk blocks
 * the module as any pipe would, and a killed keeper loses at most what it had just read.
 * A failing disk never blocks: lines are dropped, counted, and the log says so when it works again.
 */
import { write } from 'node:fs';
import { RotatingFile, type RotationRule } from '../rotating-file.ts';

export interface Dropped {
  readonly count: number;
  readonly why: string;
}

export class LogWriter {
  readonly #file: RotatingFile;
  readonly #describeDropped: (dropped: Dropped) => string;
  #pending: string[] = [];
  #pendingChars = 0;
  #writing = false;
  #closed = false;
  #droppedCount = 0;
  #droppedWhy = '';
  readonly #idleWaiters: (() => void)[] = [];

  /** @param describeDropped makes the stored line that marks a gap */
  constructor(path: string, rule: RotationRule, describeDropped: (dropped: Dropped) => string) {
    this.#file = new RotatingFile(path, rule);
    this.#describeDropped = describeDropped;
  }

  set rule(rule: RotationRule) {
    this.#file.rule = rule;
  }

  /** Characters that are not written yet, those under way included. */
  get pendingChars(): number {
    return this.#pendingChars;
  }

  get busy(): boolean {
    return this.#writing;
  }

  /** @param line with its newline */
  append(line: string): void {
    this.#pending.push(line);
    this.#pendingChars += line.length;
    if (!this.#writing) {
      this.#writing = true;
      // Lines of the same read go out in one write.
      queueMicrotask(() => this.#writeNext());
    }
  }

  /** Counts a line that is deliberately not stored. */
  drop(why: string): void {
    this.#droppedCount++;
    this.#droppedWhy = why;
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
    const lines = this.#pending;
    if (lines.length === 0) {
      this.#writing = false;
      if (this.#closed) this.#file.close();
      for (const wake of this.#idleWaiters.splice(0)) wake();
      return;
    }
    this.#pending = [];
    const dropped = { count: this.#droppedCount, why: this.#droppedWhy };
    const marker = dropped.count > 0 ? this.#describeDropped(dropped) : '';
    const batch = Buffer.from(marker + lines.join(''));
    const charCount = lines.reduce((sum, line) => sum + line.length, 0);
    const done = (error: Error | null): void => {
      this.#pendingChars -= charCount;
      if (error) this.#countLost(lines.length, error);
      else this.#droppedCount -= dropped.count;
      this.#writeNext();
    };
    try {
      writeFully(this.#file.prepare(batch.length), batch, 0, (error) => {
        if (error) this.#discardPartial();
        else this.#file.wrote(batch.length);
        done(error);
      });
    } catch (error) {
      // Opening or rotating failed; wait a turn, so that a broken disk costs no recursion.
      setImmediate(() => done(error as Error));
    }
  }

  #countLost(count: number, error: Error): void {
    this.#droppedCount += count;
    this.#droppedWhy = (error as NodeJS.ErrnoException).code ?? error.message;
    this.#file.close();
  }

  #discardPartial(): void {
    try {
      this.#file.discardPartial();
    } catch {
      // The disk is failing already: a torn line is the least of it, and readers skip it.
    }
  }
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
