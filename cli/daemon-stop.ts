import type { MethodResult } from '../rpc/contract.ts';
import { ConnectionClosedError, errorCatalogue } from '../rpc/errors.ts';
import { sessionHome, timeoutOf, withDaemonIfAny } from './connect.ts';
import type { DaemonConnection } from './connect.ts';
import { watchForEnd } from './daemon-end.ts';
import { nullIfItDied } from './daemon-start.ts';
import { CliError, exitStatus } from './failure.ts';
import { endLoneKeepers } from './lone-keeper.ts';
import { describeLeftFiles } from './left-files.ts';
import type { Session } from './session.ts';
import { awaitSilentDaemon } from './silent-daemon.ts';
import { cancelNextStart, isUnderSystemd } from './unit-daemon.ts';

const stopDeadlineMs = 60_000;

export interface StoppedDaemon {
  /** As it was before. */
  readonly status: MethodResult<'daemon.status'>;
  /** What it said when it was asked to stop. */
  readonly answer: MethodResult<'daemon.stop'>;
  /** Then the next daemon, if there is to be one, is systemd's as well. */
  readonly wasUnderSystemd: boolean;
}

/**
 * Stops the daemon and resolves when its process and its socket are gone, or with a remark that the
 * socket could not be removed; null when none answers, and none that is just ending has the home any
 * more. What a killed one has left is ended then.
 *
 * @throws {CliError} when it is still there after `--timeout`, or has ended uncleanly
 */
export async function stopDaemon(
  session: Session,
  { keepModules }: { readonly keepModules: boolean },
): Promise<StoppedDaemon | null> {
  const timeoutMs = timeoutOf(session.options, stopDeadlineMs);
  const ask = () =>
    withDaemonIfAny(session, async (daemon) => {
      const status = await daemon.call('daemon.status', {});
      const { pid, endpoint } = status;
      const socketPath = endpoint.startsWith('unix:') ? endpoint.slice('unix:'.length) : null;
      const end = watchForEnd({ pid, socketPath });
      const wasUnderSystemd = isUnderSystemd(pid);
      const answer = await askToStop(daemon, keepModules);
      return { status, end, socketPath, answer, wasUnderSystemd };
    }).catch(nullIfItDied);
  // One that does not answer may be about to: its socket was removed, or it has just begun.
  const wait = { timeoutMs, signal: session.interrupted };
  const silent = { home: sessionHome(session.options), pid: null };
  const asked = (await ask()) ?? (await awaitSilentDaemon(silent, ask, wait));
  if (asked === null) {
    // A daemon that was killed has left its keeper, and that or systemd would start the next one.
    const isThisHome = session.options.socket === undefined;
    if (isThisHome && !keepModules) {
      await cancelNextStart(silent.home);
      await endLoneKeepers(silent.home, wait);
    }
    return null;
  }

  const { status, end, socketPath, answer, wasUnderSystemd } = asked;
  switch (await end(timeoutMs, session.interrupted)) {
    case 'gone':
      return { status, answer, wasUnderSystemd };
    case 'socket_left': {
      const left = describeLeftFiles(status.home, socketPath ?? '', { keepModules });
      if (left !== null) {
        session.output.note(left);
        return { status, answer, wasUnderSystemd };
      }
      throw new CliError(
        exitStatus.failed,
        `the daemon (pid ${status.pid}) ended without removing its socket "${socketPath ?? ''}": it did not stop cleanly — see ${status.home}/logs/daemon.log`,
      );
    }
    case 'timeout':
      throw new CliError(
        exitStatus.timeout,
        `the daemon (pid ${status.pid}) has not ended within ${timeoutMs / 1000} s; it goes on stopping`,
        errorCatalogue.timeout.code,
      );
  }
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
