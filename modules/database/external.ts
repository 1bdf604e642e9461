/** A database that others run: it is waited for, and looked at. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../api/log.ts';
import { ask } from './ask.ts';

const pauseMs = 1000;
const noteMs = 10_000;

/** Resolves when it answers, however long that takes. Rejects as `signal` says. */
export async function awaitExternal(url: string, log: Logger, signal: AbortSignal): Promise<void> {
  for (let notedMs = -Infinity; ;) {
    try {
      await ask(url, 'SELECT 1');
      return;
    } catch (error) {
      if (performance.now() - notedMs >= noteMs) {
        notedMs = performance.now();
        const why = error instanceof Error ? error.message : String(error);
        log.warn(`the database does not answer yet: ${why}`);
      }
    }
    await delay(pauseMs, undefined, { signal });
  }
}
