/**
 * One id for everything that a call sets off: it follows the call through every await, timer and
 * promise (AsyncLocalStorage), so that log lines which belong together can be found together.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Handlers } from '../../rpc/table.ts';

const storage = new AsyncLocalStorage<string>();

/** The id of the call that set off what runs now; null outside of any. */
export function correlationId(): string | null {
  return storage.getStore() ?? null;
}

/**
 * The same handlers, each of whose calls runs under an id of its own: the prefix and a number, since
 * drawing random bytes would be an eighth of the cost of a call.
 * @param prefix what tells this daemon's ids from those of the daemons before it in the same log
 */
export function correlated<H extends Partial<Handlers>>(handlers: H, prefix: string): H {
  let calls = 0;
  const entries = Object.entries<(...args: never[]) => unknown>(
    handlers as Record<string, (...args: never[]) => unknown>,
  );
  return Object.fromEntries(
    entries.map(([name, handler]) => [
      name,
      (...args: never[]) =>
        storage.run(`${name}#${prefix}-${(calls += 1)}`, () => handler(...args)),
    ]),
  ) as H;
}
