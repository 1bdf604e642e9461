/** The daemon's end of the keeper's socket: requests with deadlines, events as they come. */
import { connect, type Socket } from 'node:net';
import { readJsonLines, writeJsonLine } from '../keeper/json-lines.ts';
import { KeeperError } from '../keeper/keeper-error.ts';
import type {
  KeeperEvent,
  KeeperOperation,
  KeeperReply,
  KeeperRequests,
} from '../keeper/protocol.ts';
import { KeeperLostError } from './keeper-loss.ts';

/** A reply carries at most all modules' notes and last lines. */
const replyBytesMax = 64 * 1024 * 1024;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class KeeperConnection {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(socket: Socket, onEvent: (event: KeeperEvent) => void) {
    this.#socket = socket;
    let cause = 'it closed the connection';
    socket.on('error', (error) => (cause = error.message));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new KeeperLostError(cause));
        this.#waiting.clear();
        resolve();
      });
    });
    readJsonLines(socket, replyBytesMax, (message) => {
      const known = message as KeeperReply | KeeperEvent;
      if ('event' in known) onEvent(known);
      else this.#settle(known);
    });
  }

  /** Rejects with the socket's error when nothing listens. */
  static async open(
    path: string,
    onEvent: (event: KeeperEvent) => void,
  ): Promise<KeeperConnection> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    return new KeeperConnection(socket, onEvent);
  }

  /**
   * Rejects with a KeeperError when the keeper refuses, with a KeeperLostError when it does not
   * answer in time; then the connection is given up, because a late answer would be worthless.
   * @param onReply called before any event that came after the reply
   */
  async request<O extends KeeperOperation>(
    op: O,
    params: KeeperRequests[O]['params'],
    timeoutMs: number,
    onReply: (reply: KeeperRequests[O]['reply']) => void = () => undefined,
  ): Promise<KeeperRequests[O]['reply']> {
    if (this.#socket.destroyed) {
      await this.closed;
      throw new KeeperLostError('the connection is closed');
    }
    const id = ++this.#lastId;
    const deadline = setTimeout(
      () => this.#socket.destroy(new Error(`no answer to "${op}" within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      return await new Promise<KeeperRequests[O]['reply']>((resolve, reject) => {
        const settle = (result: unknown): void => {
          onReply(result as KeeperRequests[O]['reply']);
          resolve(result as KeeperRequests[O]['reply']);
        };
        this.#waiting.set(id, { resolve: settle, reject });
        writeJsonLine(this.#socket, { id, op, params });
      });
    } finally {
      clearTimeout(deadline);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #settle(reply: KeeperReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) {
      const { code, message, errno } = reply.error;
      waiting?.reject(new KeeperError(code, message, errno));
    } else {
      waiting?.resolve(reply.result);
    }
  }
}
