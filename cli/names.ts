import { withDaemon } from './connect.ts';
import type { DaemonConnection } from './connect.ts';
import { CliError, exitStatus, failureOf } from './failure.ts';
import type { Session } from './session.ts';

/**
 * Does one thing to each named module, one after the other in the order given, so that
 * `stop trading database` can stop what depends on a module before the module itself. A failure is
 * told and the rest is tried; the exit status is that of the first failure.
 *
 * @param names `all` for every module that is not disabled
 * @param doing what goes on in the daemon when the user interrupts, as in "starting"; null when
 *   nothing does
 */
export async function eachName(
  session: Session,
  names: readonly string[] | 'all',
  doing: string | null,
  act: (daemon: DaemonConnection, name: string) => Promise<void>,
): Promise<void> {
  await withDaemon(session, async (daemon) => {
    const chosen = names === 'all' ? await allNames(daemon) : names;
    await oneByOne(session, chosen, doing, (name) => act(daemon, name));
  });
}

/** As `eachName`, for what may need no daemon. */
export async function oneByOne(
  session: Session,
  names: readonly string[],
  doing: string | null,
  act: (name: string) => Promise<void>,
): Promise<void> {
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (session.interrupted.aborted) throw interrupted(doing, name);
      const failure = failureOf(error);
      session.output.failure(failure);
      process.exitCode ??= failure.exitStatus;
    }
  }
}

/** Every module that may run. */
async function allNames(daemon: DaemonConnection): Promise<string[]> {
  const { modules } = await daemon.call('module.list', {});
  return modules.filter(({ reason }) => reason !== 'disabled').map(({ module }) => module);
}

function interrupted(doing: string | null, name: string): CliError {
  const rest = doing === null ? '' : `; the daemon goes on ${doing} "${name}"`;
  return new CliError(exitStatus.interrupted, `interrupted${rest}`);
}
