/**
 * The daemon's own log: pino, written at once and in order to `logs/daemon.log` in the form of every
 * other log, so that a line is there even when the next instruction kills the daemon.
 */
import { writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogLine } from '../../rpc/shapes.ts';
import { lastSeqOf } from '../last-seq.ts';
import { RotatingFile, type RotationRule } from '../rotating-file.ts';
import { correlationId } from './correlation.ts';

export type Log = Logger;

export interface DaemonLogOptions {
  readonly path: string;
  readonly rule: RotationRule;
  readonly level: NonNullable<LogLine['level']>;
  /** Gets every stored line as it is in the file, newline included. */
  readonly onLine: (line: string) => void;
}

export class DaemonLog {
  readonly log: Log;
  readonly #file: RotatingFile;
  readonly #onLine: (line: string) => void;
  #seq: number;
  #unwritten = 0;

  constructor({ path, rule, level, onLine }: DaemonLogOptions) {
    this.#file = new RotatingFile(path, rule);
    this.#onLine = onLine;
    this.#seq = Math.max(lastSeqOf(path), lastSeqOf(`${path}.1`));
    this.log = pino(
      {
        level,
        base: null,
        messageKey: 'text',
        nestedKey: 'fields',
        timestamp: () =>
          `,"time":"${new Date().toISOString()}","module":"daemon","stream":"stdout"`,
        formatters: { level: (label) => ({ level: label }) },
        mixin: () => {
          const id = correlationId();
          return id === null ? {} : { correlation_id: id };
        },
      },
      { write: (line: string) => this.#write(`{"seq":${++this.#seq},${line.slice(1)}`) },
    );
  }

  /** Number of the last line. */
  get seq(): number {
    return this.#seq;
  }

  set rule(rule: RotationRule) {
    this.#file.rule = rule;
  }

  close(): void {
    this.#file.close();
  }

  #write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      writeSync(this.#file.prepare(bytes.length), bytes);
      this.#file.wrote(bytes.length);
      if (this.#unwritten > 0) this.#confess();
    } catch {
      // A full disk must not end the daemon; the count is written as soon as there is room.
      this.#unwritten++;
    }
    this.#onLine(line);
  }

  #confess(): void {
    const count = this.#unwritten;
    this.#unwritten = 0;
    this.log.warn(`${count} lines of this log could not be written`);
  }
}
