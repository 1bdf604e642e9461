/**
 * A terminal as a whole screen: shown beside what was there before, without a cursor, with each key as
 * it is typed. Whatever ends the program, the terminal is as it was: also a signal, Ctrl-Z, an error.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface ScreenEvents {
  /** What was typed. */
  readonly typed: (text: string) => void;
  /** What is shown has to be drawn anew: the size has changed, or another program was here. */
  readonly stale: () => void;
}

/** Alternate screen, no cursor, nothing wraps: xterm's control sequences, DECSET 1049, 25 and 7. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** Begin and end of one picture, for terminals that can keep from tearing it: DEC mode 2026. */
const hold = '\u001b[?2026h';
const show = '\u001b[?2026l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** Of a terminal that does not tell its size: it says 0 by 0. */
const usualSize = { columns: 80, rows: 24 };
const resumeDelayMs = 100;
const endings = ['SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #events: ScreenEvents;
  readonly #take = (bytes: Buffer): void => this.#events.typed(bytes.toString('latin1'));
  readonly #close = (): void => this.close();
  readonly #end = (signal: NodeJS.Signals): void => {
    this.close();
    // Nobody listens any more, so that this one has its usual effect.
    process.kill(process.pid, signal);
  };
  #isOpen = false;
  #resuming: NodeJS.Timeout | undefined;

  constructor(input: ReadStream, output: WriteStream, events: ScreenEvents) {
    this.#input = input;
    this.#output = output;
    this.#events = events;
  }

  get columns(): number {
    return Math.max(20, this.#output.columns || usualSize.columns);
  }

  get rows(): number {
    return Math.max(4, this.#output.rows || usualSize.rows);
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#input.setRawMode(true);
    this.#input.on('data', this.#take);
    this.#input.resume();
    this.#output.on('resize', this.#events.stale);
    for (const signal of endings) process.on(signal, this.#end);
    process.on('exit', this.#close);
    this.#output.write(enter);
  }

  /** @param lines as many as there are rows, at most; what is wider than the screen is not shown */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    // A terminal that takes nothing gets the next picture instead of all that it has missed.
    if (this.#output.writableNeedDrain) return;
    const picture = lines.map((line) => line + clearLine).join('\r\n');
    this.#output.write(hold + home + picture + clearBelow + show);
  }

  /** Idempotent. */
  close(): void {
    clearTimeout(this.#resuming);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#close);
    for (const signal of endings) process.off(signal, this.#end);
    this.#output.off('resize', this.#events.stale);
    this.#input.off('data', this.#take);
    this.#input.pause();
    this.#input.setRawMode(false);
    this.#output.write(leave);
  }

  /** Stops the program as Ctrl-Z does; `fg` brings the screen back. */
  suspend(): void {
    this.close();
    // The whole job, as the terminal itself would.
    process.kill(0, 'SIGTSTP');
    // Comes when we run again, or soon where nobody could make us: a program without a shell is not stopped.
    this.#resuming = setTimeout(() => {
      this.open();
      this.#events.stale();
    }, resumeDelayMs);
  }
}
