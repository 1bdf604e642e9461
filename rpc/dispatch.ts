/**
 * Answers calls: batch rules, error mapping and printing of results. Knows nothing of the contract, so
 * that clients and modules can answer calls without its schemas.
 *
 * What a method gives at once is answered at once, in the turn in which the call was read; only what
 * it promises is waited for. A notification that is dealt with at once costs no promise at all, which
 * is what lets a thousand events come in one read.
 */
import type { CallItem, Id, RefusedItem } from './envelope.ts';
import { RpcError } from './errors.ts';
import { WrittenJson } from './written-json.ts';

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

  constructor(options: DispatcherOptions<C>) {
    this.#options = options;
  }

  /** Runs the calls of one message side by side. Never throws and never rejects. */
  answer(calls: Calls, context: C): Answer | Promise<Answer> {
    const afterwards: (() => void)[] = [];
    const room = { length: this.#options.answerLengthMax ?? answerLengthMaxDefault };
    if (calls.kind === 'single') {
      const text = this.#answerItem(calls.item, context, afterwards, room);
      if (!(text instanceof Promise)) return { text, afterwards };
      return text.then((awaited) => ({ text: awaited, afterwards }));
    }
    const texts = calls.items.map((item) =>
      Promise.resolve(this.#answerItem(item, context, afterwards, room)),
    );
    return Promise.all(texts).then((all) => ({ text: batchText(all), afterwards }));
  }

  #answerItem(
    item: CallItem | RefusedItem,
    context: C,
    afterwards: (() => void)[],
    room: { length: number },
  ): string | null | Promise<string | null> {
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
    try {
      const result = (this.#options.methods.get(method) ?? this.#options.fallback)(call);
      if (!isPromise(result)) return this.#resultText(id, method, result, room);
      return Promise.resolve(result).then(
        (awaited) => this.#resultText(id, method, awaited, room),
        (error: unknown) => this.#failureText(id, call, error, room),
      );
    } catch (error) {
      return this.#failureText(id, call, error, room);
    }
  }

  #resultText(
    id: Id | undefined,
    method: string,
    result: unknown,
    room: { length: number },
  ): string | null {
    return id === undefined ? null : this.#print(id, method, room, () => resultText(id, result));
  }

  #failureText(
    id: Id | undefined,
    call: Call<C>,
    error: unknown,
    room: { length: number },
  ): string | null {
    if (error instanceof RpcError) this.#options.onError?.(error, call);
    const shown = error instanceof RpcError ? error : this.#hide(error, call.method);
    return id === undefined ? null : this.#print(id, call.method, room, () => errorText(id, shown));
  }

  #print(id: Id, method: string, room: { length: number }, print: () => string): string {
    try {
      const text = print();
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

/** Also a promise of another making, such as those that a module's methods may give. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || !('then' in value)) return false;
  return typeof value.then === 'function';
}

function batchText(texts: readonly (string | null)[]): string | null {
  const answered = texts.filter((text) => text !== null);
  return answered.length > 0 ? `[${answered.join(',')}]` : null;
}

function resultText(id: Id, result: unknown): string {
  const json = result instanceof WrittenJson ? result.text : JSON.stringify(result ?? null);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`;
}

/** The text of an error response. */
export function errorText(id: Id, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });
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
