/** The live subscriptions of all connections, by the id that their owner cancels them with. */
import type { Caller } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';

/** What one connection may hold open at the same time. */
const perConnectionMax = 100;

interface Cancellable {
  readonly signal: AbortSignal;
  cancel(): void;
}

export class Subscriptions {
  readonly #byId = new Map<string, { caller: Caller; subscription: Cancellable }>();
  readonly #counts = new WeakMap<Caller, number>();
  #lastId = 0;

  /** Of all connections. */
  get size(): number {
    return this.#byId.size;
  }

  /** Throws −32007 when the connection has too many. Ends with the subscription itself. */
  add<S extends { readonly subscription: Cancellable }>(
    caller: Caller,
    open: (id: string) => S,
  ): S & { readonly id: string } {
    const held = this.#counts.get(caller) ?? 0;
    if (held >= perConnectionMax) {
      throw new RpcError(
        'refused',
        `a connection may hold ${perConnectionMax} subscriptions — cancel one first`,
        { reason: 'too_many_subscriptions' },
      );
    }
    const id = `s${++this.#lastId}`;
    const opened = open(id);
    const { subscription } = opened;
    // The connection is gone already.
    if (subscription.signal.aborted) return Object.assign(opened, { id });
    this.#byId.set(id, { caller, subscription });
    this.#counts.set(caller, held + 1);
    subscription.signal.addEventListener('abort', () => {
      this.#byId.delete(id);
      this.#counts.set(caller, (this.#counts.get(caller) ?? 0) - 1);
    });
    return Object.assign(opened, { id });
  }

  /** Throws −32002 when the caller has no such subscription. */
  cancel(caller: Caller, id: string): void {
    const entry = this.#byId.get(id);
    if (entry?.caller !== caller) {
      throw new RpcError('notFound', `this connection has no subscription "${id}"`, {
        subscription: id,
      });
    }
    entry.subscription.cancel();
  }
}
