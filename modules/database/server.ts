/** A server on our folder while it runs, whoever has started it: asked, watched, and ended. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../api/log.ts';
import { ask, isAway } from './ask.ts';
import type { Binaries } from './binaries.ts';
import { lastLines } from './log-files.ts';
import type { RunAs } from './run-as.ts';
import { type Listening, logFolder } from './settings.ts';
import { stopServer } from './stopping.ts';

export interface ServerOptions {
  readonly binaries: Binaries;
  readonly as: RunAs;
  readonly cluster: string;
  /** By which modules reach it. */
  readonly url: string;
  readonly listening: Listening;
  readonly log: Logger;
  /** Of its programs. */
  readonly env: NodeJS.ProcessEnv;
  /** Nothing is to be started or waited for any more. */
  readonly signal: AbortSignal;
}

/** Of its log, when it is shown. */
export const linesShown = 20;
const pollMs = 15;
const recoveryNoteMs = 10_000;

export class Server {
  readonly pid: number;
  /** Resolves with how it ended, whoever ended it. */
  readonly ended: Promise<string>;
  readonly #options: ServerOptions;
  #how: string | null = null;

  constructor(pid: number, ended: Promise<string>, options: ServerOptions) {
    this.pid = pid;
    this.#options = options;
    this.ended = ended.then((how) => (this.#how = how));
  }

  /**
   * Resolves when it answers, however long its recovery takes, with null; when it ends before that,
   * with how. Rejects, having ended it, when it refuses the password, or as `signal` says.
   */
  async answers(): Promise<string | null> {
    const { url, log, signal } = this.#options;
    let notedMs = performance.now();
    while (this.#how === null) {
      try {
        signal.throwIfAborted();
        await ask(url, 'SELECT 1', { database: 'postgres' });
        return null;
      } catch (error) {
        if (signal.aborted || !isAway(error)) {
          await this.stop();
          throw error;
        }
      }
      if (performance.now() - notedMs >= recoveryNoteMs) {
        notedMs = performance.now();
        const last_words = this.lastLines().slice(-3);
        log.info('the server recovers what was not written down at its last end', { last_words });
      }
      await delay(pollMs);
    }
    return this.#how;
  }

  /** Resolves with the signal that ended it. */
  stop(): Promise<NodeJS.Signals> {
    const { cluster, url, log } = this.#options;
    return stopServer(
      {
        pid: this.pid,
        cluster,
        isGone: () => this.#how !== null,
        checkpoint: () => ask(url, 'CHECKPOINT', { database: 'postgres', timeoutMs: 4000 }),
      },
      (doing, error) => log.warn(doing, error === undefined ? {} : { error }),
    );
  }

  /** The end of its log, for whoever has to understand what it did. */
  lastLines(): string[] {
    return lastLines(join(this.#options.cluster, logFolder), linesShown);
  }
}
