/**
 * Answers calls: the strict side of a json-rpc-2.0 server. That package keeps the method table; the
 * batch rules, error mapping and printing of results are ours. Knows nothing of the contract, so that
 * clients and modules can answer calls without its schemas.
 */
import { JSONRPCServer } from 'json-rpc-2.0';
import type { CallItem, Id, RefusedItem } from './envelope.ts';
import { RpcError } from './errors.ts';

/** One call as a method sees it. */
export interface Call<C> {
  readonly method: string;
  /** As sent: an object, an array, or undefined when absent. */
  readonly params: object | undefined;
  readonly context: C;
  readonly isNotification: boolean;
  /** Runs `callback` once the answer to this call is written; a subscription starts there. */
  afterAnswer(callback: () => void): void;
}

/** Answers a call; an RpcError thrown reaches the caller, anything else becomes "internal error". */
export type Method<C> = (call: Call<C>) => unknown;

/** What to write for one received message: its text (null: nothing), then what waits for it. */
export interface Answer {
  readonly text: string | null;
  readonly afterwards: readonly (() => void)[];
}

/** Receives errors that callers may not see; `reference` is what they are told instead. */
export type LogInternalError = (reference: string, error: unknown, method: string) => void;

export interface DispatcherOptions<C> {
  readonly methods: ReadonlyMap<string, Method<C>>;
  /** Answers every method that is not in the table; it says "no such method" itself. */
  readonly fallback: Method<C>;
  readonly logInternalError: LogInternalError;
  /** Told of every error that a method gave its caller. */
  readonly onError?: (error: RpcError, call: Call<C>) => void;
  /** The longest answer to one message in UTF-16 units. Default `answerLengthMaxDefault`. */
  readonly answerLengthMax?: number;
}

/** What would make a longer answer is refused: a call, or those of a batch that are answered last. */
export const answerLengthMaxDefault = 16 * 1024 * 1024;

/** A received message without the responses in it. */
export type Calls =
  | { kind: 'single'; item: CallItem | RefusedItem }
  | { kind: 'batch'; items: (CallItem | RefusedItem)[] };

export class Dispatcher<C> {
  readonly #options: DispatcherOptions<C>;
  readonly #server: JSONRPCServer<Call<C>>;

  constructor(options: DispatcherOptions<C>) {
    this.#options = options;
    // Errors reach #run below with their method and are logged there.
    this.#server = new JSONRPCServer({ errorListener: () => undefined });
    this.#server.mapErrorToJSONRPCErrorResponse = (id, error) => errorResponse(id, error);
    for (const [name, method] of options.methods) {
      this.#server.addMethod(name, (_params, call) => this.#run(method, call));
    }
  }

  /** Runs the calls of one message side by side. Never rejects. */
  async answer(calls: Calls, context: C): Promise<Answer> {
    const afterwards: (() => void)[] = [];
    const room = { length: this.#options.answerLengthMax ?? answerLengthMaxDefault };
    if (calls.kind === 'single') {
      return { text: await this.#answerItem(calls.item, context, afterwards, room), afterwards };
    }
    const texts = await Promise.all(
      calls.items.map((item) => this.#answerItem(item, context, afterwards, room)),
    );
    const answered = texts.filter((text) => text !== null);
    return { text: answered.length > 0 ? `[${answered.join(',')}]` : null, afterwards };
  }

  async #answerItem(
    item: CallItem | RefusedItem,
    context: C,
    afterwards: (() => void)[],
    room: { length: number },
  ): Promise<string | null> {
    if (item.kind === 'refused') {
      return item.id === undefined ? null : errorText(item.id, item.error);
    }
    const { id, method, params } = item;
    const call: Call<C> = {
      method,
      params,
      context,
      isNotification: id === undefined,
      afterAnswer: (callback) => afterwards.push(callback),
    };
    const request = {
      jsonrpc: '2.0' as const,
      method,
      params,
      ...(id === undefined ? {} : { id }),
    };
    const response = this.#server.hasMethod(method)
      ? await this.#server.receive(request, call)
      : await this.#answerByFallback(id, call);
    return id === undefined ? null : this.#print(id, method, response, room);
  }

  async #answerByFallback(id: Id | undefined, call: Call<C>): Promise<object> {
    try {
      const result = await this.#run(this.#options.fallback, call);
      return { jsonrpc: '2.0', id, result: result ?? null };
    } catch (error) {
      return errorResponse(id ?? null, error);
    }
  }

  async #run(method: Method<C>, call: Call<C>): Promise<unknown> {
    try {
      return await method(call);
    } catch (error) {
      if (!(error instanceof RpcError)) throw this.#hide(error, call.method);
      this.#options.onError?.(error, call);
      throw error;
    }
  }

  #print(id: Id, method: string, response: object | null, room: { length: number }): string {
    try {
      const text = JSON.stringify(response);
      if (text.length <= room.length) {
        room.length -= text.length;
        return text;
      }
    } catch (error) {
      return errorText(id, this.#hide(error, method));
    }
    return errorText(id, answerTooLarge(method));
  }

  #hide(error: unknown, method: string): RpcError {
    // The global loads node:crypto at its first use only: clients start faster without it.
    const reference = crypto.randomUUID().slice(0, 8);
    this.#options.logInternalError(reference, error, method);
    return new RpcError('internal', `internal error (reference ${reference})`);
  }
}

/** The text of an error response. */
export function errorText(id: Id, error: RpcError): string {
  return JSON.stringify(errorResponse(id, error));
}

/** "No such method", as every fallback says it. */
export function methodNotFound(method: string): RpcError {
  return new RpcError('methodNotFound', `no such method: ${JSON.stringify(method.slice(0, 100))}`);
}

/** For methods that know before they have made it; otherwise the dispatcher says it. */
export function answerTooLarge(method: string): RpcError {
  const problem = `the answer of ${method} is too large to send — ask for less at once`;
  return new RpcError('refused', problem, { reason: 'answer_too_large' });
}

function errorResponse(id: Id, error: unknown) {
  const { code, message, data } =
    error instanceof RpcError ? error : new RpcError('internal', 'internal error');
  return { jsonrpc: '2.0' as const, id, error: { code, message, data } };
}
