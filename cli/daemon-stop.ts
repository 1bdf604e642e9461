import type { MethodResult } from '../rpc/contract.ts';
import { ConnectionClosedError, errorCatalogue } from '../rpc/errors.ts';
import { sessionHome, timeoutOf, withDaemonIfAny } from './connect.ts';
import type { DaemonConnection } from './connect.ts';
import { watchForEnd } from './daemon-end.ts';
import { CliError, exitStatus } from './failure.ts';
import type { Session } from './session.ts';
import { silentDaemon } from './silent-daemon.ts';

const stopDeadlineMs = 60_000;

export interface StoppedDaemon {
  /** As it was before. */
  readonly status: MethodResult<'daemon.status'>;
  /** What it said when it was asked to stop. */
  readonly answer: MethodResult<'daemon.stop'>;
}

/**
 * Stops the daemon and resolves when its process and its socket are gone; null when none answers,
 * and none that is just ending has the home any more.
 *
 * @throws {CliError} when it is still there after `--timeout`, or has ended uncleanly
 */
export async function stopDaemon(
  session: Session,
  { keepModules }: { readonly keepModules: boolean },
): Promise<StoppedDaemon | null> {
  const timeoutMs = timeoutOf(session.options, stopDeadlineMs);
  const asked = await withDaemonIfAny(session, async (daemon) => {
    const status = await daemon.call('daemon.status', {});
    const { pid, endpoint } = status;
    const socketPath = endpoint.startsWith('unix:') ? endpoint.slice('unix:'.length) : null;
    const end = watchForEnd({ pid, socketPath });
    return { status, end, socketPath, answer: await askToStop(daemon, keepModules) };
  });
  if (asked === null) {
    await requireGone(session, timeoutMs);
    return null;
  }

  const { status, end, socketPath, answer } = asked;
  switch (await end(timeoutMs, session.interrupted)) {
    case 'gone':
      return { status, answer };
    case 'socket_left':
      throw new CliError(
        exitStatus.failed,
        `the daemon (pid ${status.pid}) ended without removing its socket "${socketPath ?? ''}": it did not stop cleanly — see ${status.home}/logs/daemon.log`,
      );
    case 'timeout':
      throw new CliError(
        exitStatus.timeout,
        `the daemon (pid ${status.pid}) has not ended within ${timeoutMs / 1000} s; it goes on stopping`,
        errorCatalogue.timeout.code,
      );
  }
}

/** A daemon that answers no more may still be ending; one whose socket was removed never ends so. */
async function requireGone({ options, interrupted }: Session, timeoutMs: number): Promise<void> {
  const home = sessionHome(options);
  const silent = await silentDaemon(home, timeoutMs, interrupted);
  if (silent === null) return;
  throw new CliError(
    exitStatus.timeout,
    `a daemon (${silent}) runs in "${home}" and does not answer: it hangs, or its socket or endpoint file was removed — end it with SIGTERM`,
    errorCatalogue.timeout.code,
  );
}

async function askToStop(
  daemon: DaemonConnection,
  keepModules: boolean,
): Promise<MethodResult<'daemon.stop'>> {
  try {
    return await daemon.call('daemon.stop', keepModules ? { keep_modules: true } : {});
  } catch (error) {
    // It may end before its answer is out, most of all when somebody else stops it too: whether it
    // does is what the caller waits for anyway.
    if (error instanceof ConnectionClosedError) return { status: 'stopping' };
    throw error;
  }
}
