/**
 * Where the answer goes and how: results on stdout (tables and lines for people, or one JSON document
 * a line), remarks and errors on stderr. Written without ever ending the process by force, since
 * `process.exit` would cut what a pipe has not taken yet.
 */
import { paintFor, wantsColor } from './color.ts';
import type { Paint } from './color.ts';
import { escapeControls } from './display.ts';
import { detailLines, exitStatus } from './failure.ts';
import type { Failure } from './failure.ts';
import { layoutTable } from './table.ts';
import type { Column } from './table.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  /** Aborted when the reader of stdout has gone. */
  readonly closed: AbortSignal;
}

/** Where views put what they show: the output itself, or a part of a screen. */
export type Page = Pick<Output, 'line' | 'table' | 'paint'>;

export class Output {
  readonly json: boolean;
  readonly paint: Paint;
  readonly isTerminal: boolean;
  /** A quiet end for what streams, as in `… | head`. */
  readonly closed: AbortSignal;
  readonly #quiet: boolean;
  readonly #errorPaint: Paint;

  constructor({ json, quiet, color, closed }: OutputOptions) {
    this.json = json;
    this.closed = closed;
    this.#quiet = quiet;
    this.isTerminal = process.stdout.isTTY;
    this.paint = paintFor(wants(process.stdout, color));
    this.#errorPaint = paintFor(wants(process.stderr, color));
  }

  /** A result: with `--json` exactly this document on one line, else what `render` prints. */
  answer(document: unknown, render: () => void): void {
    if (this.json) this.line(JSON.stringify(document));
    else render();
  }

  /** Data that was asked for. */
  line(text: string): void {
    this.write(`${text}\n`);
  }

  write(text: string): void {
    if (!this.closed.aborted) process.stdout.write(text);
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    const columnsMax = this.isTerminal ? process.stdout.columns : null;
    const { lines, hidden } = layoutTable(columns, rows, { columnsMax, paint: this.paint });
    for (const line of lines) this.line(line);
    if (hidden.length === 0) return;
    const columnWord = hidden.length === 1 ? 'column' : 'columns';
    this.note(`(${hidden.length} ${columnWord} hidden: ${hidden.join(', ')}; widen the terminal)`);
  }

  /** The result line of a verb, which `--quiet` leaves out. */
  done(text: string): void {
    if (!this.#quiet) this.line(text);
  }

  /** A remark beside the result, which `--quiet` leaves out. */
  note(text: string): void {
    if (!this.#quiet) process.stderr.write(`${escapeControls(text, '\n')}\n`);
  }

  /** An interruption is told to the person who made it; every other failure is part of `--json`. */
  failure({ code, message, data, exitStatus: status }: Failure): void {
    if (status === exitStatus.interrupted) {
      process.stderr.write(`${escapeControls(message)}\n`);
      return;
    }
    if (this.json) {
      this.line(JSON.stringify({ error: { code, message, data } }));
      return;
    }
    const lines = [`${this.#errorPaint('red', 'error:')} ${escapeControls(message, '\n')}`];
    for (const detail of detailLines(data)) lines.push(`  ${escapeControls(detail, '\t')}`);
    process.stderr.write(`${lines.join('\n')}\n`);
  }
}

function wants(stream: NodeJS.WriteStream, allowed: boolean): boolean {
  return wantsColor({ isTTY: stream.isTTY, env: process.env, allowed });
}
