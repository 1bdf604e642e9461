/**
 * One connection. Whatever ends it, also while nobody uses it, only marks it as broken; whoever has
 * it learns that from the statement that runs.
 */
import type { Readable } from 'node:stream';
import type { Client } from 'pg';
import type { Clock } from '../clock.ts';
import { DatabaseError } from './error.ts';
import { databaseError, type Phase } from './failure.ts';
import type { Backend, Server } from './server.ts';
import {
  type Answer,
  OutsideError,
  runCopyFrom,
  runCopyTo,
  runQuery,
  type Statement,
} from './statement.ts';

/** How long a server may take to end what was cancelled, before the connection is given up. */
const cancelGraceMs = 3000;
const endTimeoutMs = 2000;

export interface Limits {
  /** Aborted with a DatabaseError. */
  readonly signal: AbortSignal;
  readonly phase: Phase;
}

export class Session {
  readonly #client: Client;
  readonly #server: Server;
  readonly #clock: Clock;
  #isBroken = false;

  private constructor(client: Client, server: Server, clock: Clock) {
    this.#client = client;
    this.#server = server;
    this.#clock = clock;
  }

  /** Rejects with `unavailable`, or `refused` where waiting would not help, or the signal's reason. */
  static async open(
    server: Server,
    clock: Clock,
    signal: AbortSignal,
    onBroken: () => void,
  ): Promise<Session> {
    const client = server.client();
    const session = new Session(client, server, clock);
    let isOpen = false;
    client.on('error', () => {
      if (isOpen && !session.#isBroken) onBroken();
      session.#isBroken = true;
    });
    const onAbort = () => session.destroy();
    signal.addEventListener('abort', onAbort);
    try {
      await client.connect();
      isOpen = true;
      return session;
    } catch (error) {
      session.destroy();
      if (signal.aborted) throw signal.reason;
      throw databaseError(error, `connect to ${server.display}`, 'connect');
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  get isUsable(): boolean {
    return !this.#isBroken;
  }

  /** Rejects with a DatabaseError; of what the signal has ended, its reason. */
  query<Row>(statement: Statement, rowsMax: number, limits: Limits): Promise<Answer<Row>> {
    const stop = () => void this.#cancel();
    return this.#run(() => runQuery<Row>(this.#client, statement, rowsMax, stop), limits);
  }

  /** As `query`. A COPY that failed takes its session with it. */
  copyFrom(
    text: string,
    source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
    limits: Limits,
  ): Promise<number> {
    const { signal } = limits;
    return this.#copy(() => runCopyFrom(this.#client, text, source, signal), limits);
  }

  copyTo(
    text: string,
    sink: (chunks: Readable) => Promise<unknown>,
    limits: Limits,
  ): Promise<number> {
    return this.#copy(() => runCopyTo(this.#client, text, sink), limits);
  }

  /** Says goodbye; resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#isBroken = true;
    const timer = this.#clock.after(endTimeoutMs, () => this.destroy());
    try {
      await this.#client.end();
    } finally {
      timer.cancel();
    }
  }

  destroy(): void {
    this.#isBroken = true;
    const { stream } = (this.#client as unknown as { connection: { stream: Readable } }).connection;
    stream.destroy();
  }

  async #copy(run: () => Promise<number>, limits: Limits): Promise<number> {
    try {
      return await this.#run(run, limits);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  async #run<T>(run: () => Promise<T>, { signal, phase }: Limits): Promise<T> {
    signal.throwIfAborted();
    let giveUp: { cancel(): void } | null = null;
    const onAbort = () => {
      void this.#cancel();
      giveUp = this.#clock.after(cancelGraceMs, () => this.destroy());
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const value = await run();
      // Its cancellation came too late, and might hit whatever is run next.
      if (signal.aborted) this.#isBroken = true;
      return value;
    } catch (error) {
      if (error instanceof OutsideError && !signal.aborted) throw error.cause;
      const failure = databaseError(error, `run a statement in ${this.#server.display}`, phase);
      if (!signal.aborted) throw failure;
      if (failure.sqlState !== canceledBySignal) this.#isBroken = true;
      throw interrupted(signal.reason, failure);
    } finally {
      signal.removeEventListener('abort', onAbort);
      (giveUp as { cancel(): void } | null)?.cancel();
    }
  }

  #cancel(): Promise<void> {
    return this.#server.cancel(this.#client as unknown as Backend, cancelGraceMs);
  }
}

const canceledBySignal = '57014';

/** Why it was ended, with what is known of its effect. */
function interrupted(reason: unknown, failure: DatabaseError): unknown {
  if (!(reason instanceof DatabaseError) || !failure.mayHaveHappened) return reason;
  const { kind, message, cause } = reason;
  return new DatabaseError(kind, message, { mayHaveHappened: true, cause });
}
