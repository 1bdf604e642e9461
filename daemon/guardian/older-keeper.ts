/**
 * A keeper of an earlier version, which an upgrade of the daemon has left with its children: it
 * serves them to their end and gets no new ones.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { keeperFiles } from '../keeper/files.ts';
import {
  type ChildReport,
  type KeeperEvent,
  type KeeperOperation,
  type KeeperRequests,
  protocolVersion,
} from '../keeper/protocol.ts';
import { isAlive, type ProcessIdentity } from '../processes.ts';
import { KeeperConnection } from './connection.ts';
import {
  helloTimeoutMs,
  isKeepersFault,
  type KeeperLog,
  quickTimeoutMs,
} from './current-keeper.ts';
import { KeeperLostError } from './keeper-loss.ts';

/** How long a killed process may take to vanish. */
const vanishMs = 5000;
const lookMs = 20;

export interface OlderKeeperOptions {
  readonly home: string;
  readonly version: number;
  readonly identity: ProcessIdentity;
  readonly log: KeeperLog;
  readonly onEvent: (event: KeeperEvent) => void;
}

export class OlderKeeper {
  /** Resolves when it serves no more, by our request or by its own death. */
  readonly closed: Promise<void>;
  readonly #connection: KeeperConnection;
  readonly #children: ChildReport[];

  private constructor(connection: KeeperConnection, children: ChildReport[]) {
    this.#connection = connection;
    this.closed = connection.closed;
    this.#children = children;
  }

  /** Null when it is gone. A deaf one is ended: what it had is for the current keeper to adopt. */
  static async open(options: OlderKeeperOptions): Promise<OlderKeeper | null> {
    const { home, version, identity, log } = options;
    try {
      return await OlderKeeper.#connect(options);
    } catch (error) {
      if (!isKeepersFault(error)) throw error;
      if (!isAlive(identity)) return null;
      const why = (error as Error).message;
      log.warn(`older keeper ${identity.pid} of "${home}" does not answer (${why}): ending it`);
      process.kill(identity.pid, 'SIGKILL');
      for (let leftMs = vanishMs; isAlive(identity); leftMs -= lookMs) {
        if (leftMs <= 0) throw new KeeperLostError(`version ${version} survived SIGKILL`);
        await delay(lookMs);
      }
      return null;
    }
  }

  static async #connect({ home, version, onEvent }: OlderKeeperOptions): Promise<OlderKeeper> {
    const children: ChildReport[] = [];
    const { socket } = keeperFiles(home, version);
    const connection = await KeeperConnection.open(socket, (event) => {
      if (event.event === 'exit') noteExit(children, event);
      onEvent(event);
    });
    const hello = { version: protocolVersion, pid: process.pid, revive: null };
    await connection.request('hello', hello, helloTimeoutMs, (reply) => {
      children.push(...reply.children);
    });
    return new OlderKeeper(connection, children);
  }

  get children(): readonly ChildReport[] {
    return this.#children;
  }

  /** Rejects with a KeeperLostError when it is lost: it is never replaced. */
  request<O extends KeeperOperation>(
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
  ): Promise<KeeperRequests[O]['reply']> {
    return this.#connection.request(op, params, timeoutMs);
  }

  /** It has forgotten this launch. */
  drop(launch: string): void {
    const index = this.#children.findIndex((child) => child.launch === launch);
    if (index >= 0) this.#children.splice(index, 1);
  }

  /** Rejects when children are alive. */
  async end(): Promise<void> {
    await this.request('end', {}, quickTimeoutMs);
    await this.closed;
  }

  /** Leaves it alone. */
  async leave(): Promise<void> {
    this.#connection.close();
    await this.closed;
  }
}

function noteExit(
  children: ChildReport[],
  { launch, exit }: Extract<KeeperEvent, { event: 'exit' }>,
): void {
  const index = children.findIndex((child) => child.launch === launch);
  const child = children[index];
  if (child) children[index] = { ...child, exit };
}
