/** A daemon that systemd runs: starting it, and waiting for the one that follows another. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { MethodResult } from '../rpc/contract.ts';
import { errorCatalogue } from '../rpc/errors.ts';
import { hasCode } from '../rpc/system-error.ts';
import { sessionHome, timeoutOf, withDaemonIfAny } from './connect.ts';
import { CliError, exitStatus } from './failure.ts';
import type { Session } from './session.ts';
import {
  installedUnit,
  isSystemdThere,
  requireSystemctl,
  systemctl,
  systemctlCommand,
  type UnitFile,
} from './systemd.ts';

const startDeadlineMs = 60_000;
const pollMs = 100;

/** The installed unit that serves the home, if systemd is there to run it. */
export async function servingUnit(home: string): Promise<UnitFile | null> {
  if (process.platform !== 'linux') return null;
  for (const scope of ['user', 'system'] as const) {
    const unit = installedUnit(scope, home);
    if (unit !== null && (await isSystemdThere(scope))) return unit;
  }
  return null;
}

/**
 * Has systemd start the home's daemon, and resolves with its status.
 *
 * @throws {CliError} when systemd refuses, or as `awaitUnitsDaemon`
 */
export async function startUnit(
  session: Session,
  unit: UnitFile,
): Promise<MethodResult<'daemon.status'>> {
  await orTryAsRoot(unit, 'start');
  return awaitUnitsDaemon(session, unit);
}

/**
 * For a home whose daemon is not there: systemd, which starts it again a second after it has died,
 * does not any more.
 *
 * @throws {CliError} when systemd refuses
 */
export async function cancelNextStart(home: string): Promise<void> {
  const unit = await servingUnit(home);
  if (unit !== null && !(await isDown(unit))) await orTryAsRoot(unit, 'stop');
}

/** Whether it neither runs nor waits to be started again. */
export async function isDown(unit: UnitFile): Promise<boolean> {
  return ['inactive', 'failed'].includes(await stateOf(unit));
}

/**
 * Resolves with the status of the daemon as soon as one answers.
 *
 * @param unit null when it is not known which one systemd runs it from
 * @throws {CliError} when its unit is down, or nothing answers within `--timeout`
 */
export async function awaitUnitsDaemon(
  session: Session,
  unit: UnitFile | null,
): Promise<MethodResult<'daemon.status'>> {
  const deadlineMs = performance.now() + timeoutOf(session.options, startDeadlineMs);
  for (;;) {
    const status = await withDaemonIfAny(session, (daemon) => daemon.call('daemon.status', {}));
    if (status !== null) return status;
    if (unit !== null && (await isDown(unit)))
      throw new CliError(exitStatus.failed, `${unit.name} is down: ${journalAdvice(unit)}`);
    if (performance.now() >= deadlineMs) {
      throw new CliError(
        exitStatus.timeout,
        `systemd's daemon does not answer yet: ${journalAdvice(unit)}, and ${sessionHome(session.options)}/logs/daemon.log`,
        errorCatalogue.timeout.code,
      );
    }
    await delay(pollMs, undefined, { signal: session.interrupted });
  }
}

/** Whether systemd runs this daemon, and so starts the next one. Its unit says so (cli/systemd-unit.ts). */
export function isUnderSystemd(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return variables.includes('SUPERBOT_SYSTEMD=1');
  } catch (error) {
    // It has ended, or runs where we cannot see it: then not through our systemd.
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return false;
    throw error;
  }
}

async function orTryAsRoot({ scope, name }: UnitFile, verb: 'start' | 'stop'): Promise<void> {
  try {
    await requireSystemctl(scope, verb, name);
  } catch (error) {
    if (!(error instanceof CliError) || scope === 'user') throw error;
    const command = systemctlCommand(scope, verb, name);
    throw new CliError(error.exitStatus, `${error.message} — try as root: ${command}`);
  }
}

async function stateOf({ scope, name }: UnitFile): Promise<string> {
  const { stdout } = await systemctl(scope, 'show', '--property=ActiveState', '--value', name);
  return stdout.trim();
}

function journalAdvice(unit: UnitFile | null): string {
  if (unit === null) return 'see systemctl status and journalctl';
  const manager = unit.scope === 'user' ? '--user ' : '';
  return `see journalctl ${manager}--unit ${unit.name}`;
}
