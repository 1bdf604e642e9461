import { JSONRPCClient } from 'json-rpc-2.0';
import type { ResponseItem } from './envelope.ts';
import { ConnectionClosedError, RpcError } from './errors.ts';

export interface CallOptions {
  /** How long to wait for the answer, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const timeoutMsDefault = 30_000;

/** The most calls that may wait for an answer on one connection. */
const waitingMax = 4096;

/**
 * The calls we made on one connection and wait for. json-rpc-2.0's client matches answers to calls;
 * added here is why a call ended without one: timed out (RpcError `timeout`), aborted (the signal's
 * reason) or connection closed (ConnectionClosedError), which that client reports all alike.
 */
export class OutgoingCalls {
  /** Answers to calls that nobody waits for: late ones, or never made. */
  strayCount = 0;
  /** A longer message is not sent. */
  messageBytesMax = Number.POSITIVE_INFINITY;
  readonly #client: JSONRPCClient;
  readonly #waiting = new Map<unknown, (error: Error) => void>();
  #lastId = 0;
  #closed: ConnectionClosedError | null = null;
  /** What the other side could not even tell the id of, mostly the last that it said. */
  #complaint = '';

  /** @param write sends one message; false when the connection can no longer send */
  constructor(write: (text: string) => boolean) {
    this.#client = new JSONRPCClient((request: { id: number; method: string }) => {
      const text = JSON.stringify(request);
      if (!fits(text, this.messageBytesMax))
        this.#giveUp(request.id, tooLong(request.method, text, this.messageBytesMax));
      else if (!write(text)) this.#giveUp(request.id, new ConnectionClosedError());
    });
  }

  /** Rejects with RpcError when the other side answers with an error. */
  async call(method: string, params: object | undefined, options: CallOptions): Promise<unknown> {
    options.signal?.throwIfAborted();
    if (this.#closed !== null) throw this.#closed;
    if (this.#waiting.size >= waitingMax) {
      const problem = `cannot call ${method}: ${waitingMax} calls already wait for an answer`;
      throw new RpcError('refused', problem, { reason: 'busy' });
    }
    const id = (this.#lastId += 1);
    const givenUp = new Promise<never>((_resolve, reject) => this.#waiting.set(id, reject));
    const { timeoutMs = timeoutMsDefault, signal } = options;
    const timer = setTimeout(() => this.#giveUp(id, timedOut(method, timeoutMs)), timeoutMs);
    const onAbort = () => this.#giveUp(id, abortReason(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const request = { jsonrpc: '2.0' as const, id, method, params };
      const response = await Promise.race([this.#client.requestAdvanced(request), givenUp]);
      if (response.error === undefined) return response.result as unknown;
      throw new RpcError(response.error.code, response.error.message, response.error.data);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#waiting.delete(id);
    }
  }

  /** Takes an answer that arrived. */
  receive({ id, outcome }: ResponseItem): void {
    if ((typeof id !== 'number' && typeof id !== 'string') || !this.#waiting.has(id)) {
      this.strayCount += 1;
      if (id === null && !outcome.ok) this.#complaint = `: ${outcome.error.message}`;
      return;
    }
    this.#client.receive(
      outcome.ok
        ? { jsonrpc: '2.0', id, result: outcome.result }
        : { jsonrpc: '2.0', id, error: outcome.error },
    );
  }

  /** Ends every waiting call, and every later one, with ConnectionClosedError. */
  close(cause: Error | null): void {
    this.#closed ??= new ConnectionClosedError(cause === null ? {} : { cause }, this.#complaint);
    for (const id of [...this.#waiting.keys()]) this.#giveUp(id, this.#closed);
  }

  #giveUp(id: unknown, error: Error): void {
    this.#waiting.get(id)?.(error);
    this.#waiting.delete(id);
    // Makes json-rpc-2.0 forget the call; nobody listens to this answer any more.
    const forgotten = { code: 0, message: 'given up' };
    if (typeof id === 'number') this.#client.receive({ jsonrpc: '2.0', id, error: forgotten });
  }
}

/** Whether the text has no more bytes as UTF-8. */
export function fits(text: string, bytesMax: number): boolean {
  return text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax;
}

function tooLong(method: string, text: string, bytesMax: number): RpcError {
  const bytes = Buffer.byteLength(text);
  const problem = `cannot call ${method}: the message has ${bytes} bytes, and ${bytesMax} are allowed — send less at once`;
  return new RpcError('invalidRequest', problem);
}

function timedOut(method: string, timeoutMs: number): RpcError {
  return new RpcError('timeout', `${method} gave no answer within ${timeoutMs / 1000} s`);
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
