import { resolve } from 'node:path';
import { homePaths } from '../config/paths.ts';
import type { MethodResult } from '../rpc/contract.ts';
import { ConnectionClosedError, errorCatalogue } from '../rpc/errors.ts';
import { sessionHome, timeoutOf, withDaemon, withDaemonIfAny } from './connect.ts';
import type { DaemonConnection } from './connect.ts';
import { launchDaemon } from './daemon-launch.ts';
import type { LaunchOutcome } from './daemon-launch.ts';
import { CliError, exitStatus } from './failure.ts';
import { tailFiles } from '../rpc/log-files.ts';
import type { Session } from './session.ts';
import { awaitSilentDaemon } from './silent-daemon.ts';
import { servingUnit, startUnit } from './unit-daemon.ts';

type DaemonStatus = MethodResult<'daemon.status'>;

const startDeadlineMs = 60_000;
const lastLogLines = 20;

export interface DaemonDirectories {
  /** Undefined: what the environment says, else the default. */
  readonly home: string | undefined;
  readonly config: string | undefined;
  /** Whose modules start instead of those of `autostart`. */
  readonly profile?: string | undefined;
}

/**
 * Starts the daemon in the background unless one answers already, and resolves with its status.
 *
 * @throws {CliError} saying why it did not start; or when it does not answer within `--timeout`
 */
export async function startDaemon(
  session: Session,
  directories: DaemonDirectories,
): Promise<{ readonly isNew: boolean; readonly status: DaemonStatus }> {
  const running = await withDaemonIfAny(session, statusOf).catch(nullIfItDied);
  if (running !== null) return { isNew: false, status: running };

  const home = resolve(directories.home ?? sessionHome(session.options));
  await refuseUnitsOptions(home, directories);
  const unit = await servingUnit(home);
  if (unit !== null) return { isNew: true, status: await startUnit(session, unit) };

  const timeoutMs = timeoutOf(session.options, startDeadlineMs);
  const launchedAt = new Date().toISOString();
  const outcome = await launch(session, directoryArguments(directories), timeoutMs);
  switch (outcome.kind) {
    case 'ready': {
      const options = { ...session.options, socket: outcome.endpoint };
      return { isNew: true, status: await withDaemon({ ...session, options }, statusOf) };
    }
    case 'already_running':
      return { isNew: false, status: await otherDaemon(session, home, outcome, timeoutMs) };
    case 'failed':
      throw new CliError(exitStatus.failed, outcome.error);
    case 'died':
      throw await death(session, directories, { how: outcome.how, since: launchedAt });
    case 'timeout':
      throw timedOut(`the daemon (pid ${outcome.pid}) does not answer yet; it goes on starting`);
  }
}

/** Throws where systemd starts the home's daemon: what it is started with is written in the unit. */
export async function refuseUnitsOptions(
  home: string,
  {
    config,
    profile,
  }: { readonly config?: string | undefined; readonly profile?: string | undefined },
): Promise<void> {
  if (config === undefined && profile === undefined) return;
  const unit = await servingUnit(home);
  if (unit === null) return;
  throw new CliError(
    exitStatus.refused,
    `systemd starts the daemon of this home from ${unit.name}, which says what with: another configuration needs "superbot-cli daemon install --config DIR", and the modules are those of autostart`,
  );
}

function statusOf(daemon: DaemonConnection): Promise<DaemonStatus> {
  return daemon.call('daemon.status', {});
}

/** A daemon that was killed a moment ago may still take a connection, and is as good as none. */
export function nullIfItDied(error: unknown): null {
  if (error instanceof ConnectionClosedError) return null;
  throw error;
}

function directoryArguments({ home, config, profile }: DaemonDirectories): string[] {
  return [
    ...(home === undefined ? [] : ['--home', resolve(home)]),
    ...(config === undefined ? [] : ['--config', resolve(config)]),
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

async function launch(
  { interrupted }: Session,
  args: readonly string[],
  timeoutMs: number,
): Promise<LaunchOutcome> {
  try {
    return await launchDaemon({ args, timeoutMs, signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new CliError(exitStatus.interrupted, 'interrupted; the daemon goes on starting');
  }
}

/** Waits for the answer of the daemon that won the race for the home. */
async function otherDaemon(
  session: Session,
  home: string,
  { pid, error }: { readonly pid: number; readonly error: string },
  timeoutMs: number,
): Promise<DaemonStatus> {
  const look = () => withDaemonIfAny(session, statusOf);
  const wait = { timeoutMs, signal: session.interrupted };
  const status = await awaitSilentDaemon({ home, pid }, look, wait);
  if (status !== null) return status;
  throw new CliError(exitStatus.failed, `${error}; but it has ended since — try again`);
}

/** A daemon that ended without a word may have left some in its log. */
async function death(
  { options }: Session,
  { home }: DaemonDirectories,
  { how, since }: { readonly how: string; readonly since: string },
): Promise<CliError> {
  const { logsDir, daemonLog } = homePaths(home ?? sessionHome(options));
  const selection = { module: 'daemon', level: null, since, lines: lastLogLines };
  const lines = (await tailFiles(logsDir, selection)) ?? [];
  const where = lines.length > 0 ? `its log is ${daemonLog}` : `nothing new is in ${daemonLog}`;
  const message = `the daemon ended while it started (${how}); ${where}`;
  return new CliError(exitStatus.failed, message, null, {
    output: lines.map(({ text }) => text),
  });
}

function timedOut(message: string): CliError {
  return new CliError(exitStatus.timeout, message, errorCatalogue.timeout.code);
}
