/**
 * Appends a module's lines to its log file, in order, one write at a time. While a write is under
 * way the reader of the module's output pauses (`whenIdle` tells when to go on), so a slow disk
 * blocks the module as any pipe would, and a killed keeper loses at most what it had just read.
 * A failing disk never blocks: lines are dropped, counted, and a line that has the number of the
 * first of them marks the gap as soon as the disk works again and something is there to write.
 */
import { write } from 'node:fs';
import { RotatingFile, type RotationRule } from '../rotating-file.ts';

/** Lines that are not in the file, `count` of them, the first with number `seq`. */
export interface Gap {
  readonly seq: number;
  readonly count: number;
  readonly why: string;
}

/** Lines that follow each other, in one string. */
interface Run {
  readonly seq: number;
  count: number;
  text: string;
}

type Entry = Run | Gap;

export class LogWriter {
  readonly #file: RotatingFile;
  readonly #markGap: (gap: Gap) => string;
  #pending: Entry[] = [];
  #pendingChars = 0;
  #writing = false;
  #closed = false;
  readonly #idleWaiters: (() => void)[] = [];

  /** @param markGap makes the line, with its newline, that stands for the missing ones */
  constructor(path: string, rule: RotationRule, markGap: (gap: Gap) => string) {
    this.#file = new RotatingFile(path, rule);
    this.#markGap = markGap;
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
  append(seq: number, line: string): void {
    const last = this.#pending.at(-1);
    if (last && 'text' in last) {
      last.text += line;
      last.count++;
    } else {
      this.#pending.push({ seq, count: 1, text: line });
    }
    this.#pendingChars += line.length;
    if (!this.#writing) {
      this.#writing = true;
      // Lines of the same read go out in one write.
      queueMicrotask(() => this.#writeNext());
    }
  }

  /** Counts a line that is deliberately not stored. */
  drop(seq: number, why: string): void {
    const last = this.#pending.at(-1);
    if (last && 'why' in last) this.#pending[this.#pending.length - 1] = join(last, 1, why);
    else this.#pending.push({ seq, count: 1, why });
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
    const entries = this.#pending;
    // Gaps alone wait for the next line, or a failing disk would be tried without a pause.
    if (entries.every((entry) => 'why' in entry)) {
      this.#writing = false;
      if (this.#closed) this.#file.close();
      for (const wake of this.#idleWaiters.splice(0)) wake();
      return;
    }
    this.#pending = [];
    const charCount = this.#pendingChars;
    const texts = entries.map((entry) => ('why' in entry ? this.#markGap(entry) : entry.text));
    const batch = Buffer.from(texts.join(''));
    const done = (error: Error | null): void => {
      this.#pendingChars -= charCount;
      if (error) this.#takeBack(entries, error);
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

  #takeBack(lost: readonly Entry[], error: Error): void {
    const why = (error as NodeJS.ErrnoException).code ?? error.message;
    const count = lost.reduce((sum, entry) => sum + entry.count, 0);
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
