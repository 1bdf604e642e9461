import { once } from 'node:events';
import type { NotificationParams } from '../rpc/contract.ts';
import type { LogLine } from '../rpc/shapes.ts';
import type { DaemonConnection } from './connect.ts';
import { CliError, exitStatus } from './failure.ts';
import type { LogSelection } from '../rpc/log-files.ts';
import type { Session } from './session.ts';

export interface Following {
  readonly selection: LogSelection;
  readonly print: (line: LogLine) => void;
}

/**
 * Prints the last stored lines, then lines as they are written. Resolves when the reader of stdout
 * has gone.
 *
 * @throws {CliError} when the user interrupts, and when the daemon goes away
 */
export async function followLog(
  session: Session,
  daemon: DaemonConnection,
  { selection, print }: Following,
): Promise<void> {
  const { output, interrupted } = session;
  const { module, level, since, lines } = selection;
  // New lines can arrive in one read with the answer that the stored ones come in: at most that
  // read's worth is held back until those are printed.
  let held: (() => void)[] | null = [];
  const inOrder = (act: () => void) => {
    if (held === null) act();
    else held.push(act);
  };
  daemon.client.onNotification((method, params) => {
    if (method === 'logs.line') {
      const { line } = params as NotificationParams<'logs.line'>;
      inOrder(() => print(line));
    } else if (method === 'logs.lost') {
      const { count } = params as NotificationParams<'logs.lost'>;
      inOrder(() => output.note(`(${count} lines left out: they came faster than they were read)`));
    }
  });
  const stored = await daemon.call('logs.stream', {
    ...(module === null ? {} : { module }),
    ...(level === null ? {} : { level }),
    lines,
  });
  for (const line of stored.lines) {
    if (since === null || line.time >= since) print(line);
  }
  for (const act of held) act();
  held = null;

  await Promise.race([
    daemon.client.closed,
    aborted(AbortSignal.any([interrupted, output.closed])),
  ]);
  if (output.closed.aborted) return;
  interrupted.throwIfAborted();
  throw new CliError(exitStatus.notRunning, 'the daemon has gone; modules may go on logging');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
