import { once } from 'node:events';
import type { DaemonConnection } from './connect.ts';
import { CliError, exitStatus } from './failure.ts';
import type { Session } from './session.ts';

export interface Followed {
  /** Subscribes, and prints what was there before. */
  readonly begin: () => Promise<void>;
  /** Prints what comes. */
  readonly take: (method: string, params: unknown) => void;
  /** Told when the daemon goes away. */
  readonly gone: string;
}

/**
 * Goes on until the reader of stdout has gone.
 *
 * @throws {CliError} when the user interrupts, and when the daemon goes away
 */
export async function follow(
  session: Session,
  daemon: DaemonConnection,
  { begin, take, gone }: Followed,
): Promise<void> {
  const { output, interrupted } = session;
  // What is new can arrive in one read with the answer that the old comes in: at most that read's
  // worth is held back until the old is printed.
  let held: (() => void)[] | null = [];
  daemon.client.onNotification((method, params) => {
    if (held === null) take(method, params);
    else held.push(() => take(method, params));
  });
  await begin();
  for (const act of held) act();
  held = null;

  await Promise.race([
    daemon.client.closed,
    aborted(AbortSignal.any([interrupted, output.closed])),
  ]);
  if (output.closed.aborted) return;
  interrupted.throwIfAborted();
  throw new CliError(exitStatus.notRunning, gone);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
