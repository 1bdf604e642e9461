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

/** The same handlers, each of whose calls runs under an id of its own. */
export function correlated<H extends Partial<Handlers>>(handlers: H, newId: () => string): H {
  const entries = Object.entries<(...args: never[]) => unknown>(
    handlers as Record<string, (...args: never[]) => unknown>,
  );
  return Object.fromEntries(
    entries.map(([name, handler]) => [
      name,
      (...args: never[]) => storage.run(`${name}#${newId()}`, () => handler(...args)),
    ]),
  ) as H;
}
