/**
 * The keeper of the daemon's own version, which launches: taken over where one serves the home,
 * started where there is none, and replaced when it dies or hangs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type KeeperFiles, keeperFiles, readKeeperIdentity } from '../keeper/files.ts';
import { KeeperError } from '../keeper/keeper-error.ts';
import {
  type ChildReport,
  type DaemonLaunch,
  type KeeperEvent,
  type KeeperOperation,
  type KeeperRequests,
  protocolVersion,
} from '../keeper/protocol.ts';
import { isAlive } from '../processes.ts';
import { realSystem, type System, type Timer } from '../system.ts';
import { KeeperConnection } from './connection.ts';
import { KeeperDismissedError, KeeperLostError, KeeperUnavailableError } from './keeper-loss.ts';
import { startKeeper } from './start-keeper.ts';

export const helloTimeoutMs = 5000;
export const quickTimeoutMs = 10_000;
export const attemptsMax = 5;
/** How long an ended keeper may take to be gone, and how often we look. */
const goneMs = 2000;
const lookMs = 5;
/** Between attempts to start a keeper: modules run on meanwhile, until their pipes are full. */
const restartDelayMs = 1000;
/** Until then nobody else waits for another attempt to start one to fail in the same way. */
const failureKeptMs = 1000;

export interface KeeperLog {
  info(text: string): void;
  warn(text: string): void;
}

export interface CurrentKeeperOptions {
  readonly home: string;
  /** How long it stays without children and without a daemon; null for its own default. */
  readonly lonelyMs: number | null;
  /** How this daemon is started again should it die; null when nobody shall. */
  readonly revive: DaemonLaunch | null;
  readonly log: KeeperLog;
  readonly system: Pick<System, 'monotonicMs'>;
  readonly onEvent: (event: KeeperEvent) => void;
  /** What it has, as often as somebody said hello to it. */
  readonly onChildren: (children: readonly ChildReport[]) => void;
  /** Another one has taken over. */
  readonly onReplaced: () => void;
}

export class CurrentKeeper {
  /** Whose lines it sends. */
  followed: readonly string[] = [];
  readonly #options: CurrentKeeperOptions;
  readonly #files: KeeperFiles;
  #connection: Promise<KeeperConnection> | null = null;
  #revive: DaemonLaunch | null;
  #stopping = false;
  /** What is still asked then brings no other one, and takes none from the next daemon. */
  #dismissed: 'ended' | 'left' | null = null;
  #supersededBy: number | null = null;
  #restart: Timer | null = null;
  #startedFresh = false;
  #failure: { readonly error: unknown; readonly untilMs: number } | null = null;

  constructor(options: CurrentKeeperOptions) {
    this.#options = options;
    this.#files = keeperFiles(options.home);
    this.#revive = options.revive;
  }

  /** True when none was there. */
  get startedFresh(): boolean {
    return this.#startedFresh;
  }

  /** Resolves when one serves; rejects with a KeeperError when another daemon has it. */
  connected(): Promise<KeeperConnection> {
    if (this.#dismissed) return Promise.reject(new KeeperDismissedError(this.#dismissed));
    if (this.#supersededBy !== null) {
      const why = `daemon ${this.#supersededBy} has taken over the keeper of "${this.#options.home}"`;
      return Promise.reject(new KeeperError('superseded', why));
    }
    if (this.#connection) return this.#connection;
    const attempt = this.#connect().catch((cause: unknown) => {
      throw new KeeperUnavailableError(cause as Error);
    });
    this.#connection = attempt;
    attempt.catch(() => {
      // Whoever waits for it is told; the next request makes another attempt.
      if (this.#connection === attempt) this.#connection = null;
    });
    return attempt;
  }

  /** For requests that may be repeated: once more with the next keeper when this one is lost. */
  async request<O extends KeeperOperation>(
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
    onReply?: (reply: KeeperRequests[O]['reply']) => void,
  ): Promise<KeeperRequests[O]['reply']> {
    for (let attempt = 1; ; attempt++) {
      const connection = await this.connected();
      try {
        return await connection.request(op, params, timeoutMs, onReply);
      } catch (error) {
        if (!(error instanceof KeeperLostError) || attempt === attemptsMax) throw error;
      }
    }
  }

  /** This daemon ends on purpose: it is not started again. */
  async goodbye(): Promise<void> {
    if (!this.#revive) return;
    // A keeper that replaces this one learns it from the hello.
    this.#revive = null;
    if (this.#connection) await this.request('goodbye', {}, quickTimeoutMs);
  }

  /** Another daemon serves this home: there is nothing to fight for. */
  yieldTo(daemonPid: number): void {
    this.#supersededBy = daemonPid;
  }

  /** Leaves it alone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#dismissed ??= 'left';
    this.#restart?.cancel();
    // A connection that failed has been told to whoever waited for it.
    const connection = await this.#connection?.catch(() => null);
    connection?.close();
    await connection?.closed;
  }

  /** Rejects when children are alive. */
  async end(): Promise<void> {
    this.#stopping = true;
    const connection = await this.connected();
    await connection.request('end', {}, quickTimeoutMs, () => (this.#dismissed = 'ended'));
    await connection.closed;
    await this.#processGone();
  }

  /** It says goodbye a moment before it is gone, and a clean stop leaves no process behind. */
  async #processGone(): Promise<void> {
    const identity = readKeeperIdentity(this.#options.home);
    const untilMs = realSystem.monotonicMs() + goneMs;
    while (identity && isAlive(identity) && realSystem.monotonicMs() < untilMs) await delay(lookMs);
  }

  async #connect(): Promise<KeeperConnection> {
    const connection =
      (await this.#takeOver()) ??
      (await this.#startNew().catch(async (error: unknown) => {
        // A keeper that was just starting for a daemon that died serves by now.
        const other = await this.#takeOver();
        if (other) return other;
        throw error;
      }));
    void connection.closed.then(() => this.#lost());
    if (this.followed.length > 0) {
      await connection.request('follow', { names: [...this.followed] }, quickTimeoutMs);
    }
    return connection;
  }

  /**
   * Null when no keeper serves this home. One that is alive but deaf is ended. Rejects when the
   * fault is on our side, such as too many open files: a healthy keeper is no remedy for it.
   */
  async #takeOver(): Promise<KeeperConnection | null> {
    try {
      const connection = await this.#open();
      this.#startedFresh = false;
      return connection;
    } catch (error) {
      if (!isKeepersFault(error)) throw error;
      const identity = readKeeperIdentity(this.#options.home);
      if (identity && isAlive(identity)) {
        this.#options.log.warn(
          `keeper ${identity.pid} does not answer (${(error as Error).message}): replacing it`,
        );
        process.kill(identity.pid, 'SIGKILL');
      }
      return null;
    }
  }

  async #startNew(): Promise<KeeperConnection> {
    const { home, lonelyMs, log, system } = this.#options;
    if (this.#failure && system.monotonicMs() < this.#failure.untilMs) throw this.#failure.error;
    const warn = (text: string): void => log.warn(text);
    const pid = await startKeeper(home, this.#files.log, lonelyMs, warn).catch((error: unknown) => {
      this.#failure = { error, untilMs: system.monotonicMs() + failureKeptMs };
      throw error;
    });
    const connection = await this.#open();
    log.info(`started keeper ${pid}`);
    this.#startedFresh = true;
    return connection;
  }

  async #open(): Promise<KeeperConnection> {
    const { onEvent, onChildren } = this.#options;
    const connection = await KeeperConnection.open(this.#files.socket, onEvent);
    const hello = { version: protocolVersion, pid: process.pid, revive: this.#revive };
    await connection.request('hello', hello, helloTimeoutMs, ({ children }) => {
      onChildren(children);
    });
    return connection;
  }

  #lost(): void {
    this.#connection = null;
    if (this.#stopping || this.#supersededBy !== null) return;
    this.#options.log.warn('the keeper is gone: starting another');
    this.#replace();
  }

  #replace(): void {
    if (this.#stopping) return;
    const { log, onReplaced } = this.#options;
    this.connected().then(onReplaced, (error: unknown) => {
      log.warn(`cannot start a keeper, trying again: ${String(error)}`);
      this.#restart = realSystem.after(restartDelayMs, () => this.#replace());
    });
  }
}

/** It is not there, does not listen, does not answer, or dies in this moment. */
export function isKeepersFault(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return error instanceof KeeperLostError || deadSocketCodes.has(code);
}

/** The last one: it died after its socket had taken the connection. */
const deadSocketCodes: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET']);
