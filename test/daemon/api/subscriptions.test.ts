import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import type { Caller } from '../../../rpc/caller.ts';
import { RpcError } from '../../../rpc/errors.ts';

/** As the registry sees one: something that ends when it is cancelled. */
class Open {
  readonly subscription: { signal: AbortSignal; cancel: () => void };

  constructor() {
    const ended = new AbortController();
    this.subscription = { signal: ended.signal, cancel: () => ended.abort() };
  }

  get isOver(): boolean {
    return this.subscription.signal.aborted;
  }
}

describe('the subscriptions', () => {
  // Only whose they are counts, so a caller needs nothing but its identity.
  const [anna, ben] = [{ id: 1 } as Caller, { id: 2 } as Caller];

  it('are cancelled by their owner, under an id of their own', () => {
    const subscriptions = new Subscriptions();
    const first = subscriptions.add(anna, () => new Open());
    const second = subscriptions.add(anna, () => new Open());
    expect(first.id).not.to.equal(second.id);
    subscriptions.cancel(anna, first.id);
    expect([first.isOver, second.isOver]).to.deep.equal([true, false]);
    expect(() => subscriptions.cancel(anna, first.id)).to.throw(RpcError, first.id);
  });

  it('are out of reach for everybody else', () => {
    const subscriptions = new Subscriptions();
    const held = subscriptions.add(anna, () => new Open());
    for (const id of [held.id, '', '__proto__', 'nosuch']) {
      expect(codeOf(() => subscriptions.cancel(ben, id))).to.equal(-32002);
    }
    expect(held.isOver).to.equal(false);
  });

  it('are at most 100 for each connection, and one that ended makes room', () => {
    const subscriptions = new Subscriptions();
    const held = Array.from({ length: 100 }, () => subscriptions.add(anna, () => new Open()));
    expect(codeOf(() => subscriptions.add(anna, () => new Open()))).to.equal(-32007);
    subscriptions.add(ben, () => new Open());
    held[0]?.subscription.cancel();
    subscriptions.add(anna, () => new Open());
  });
});

function codeOf(act: () => unknown): number | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof RpcError ? error.code : null;
  }
}
