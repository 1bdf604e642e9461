/** How this daemon was started, for whoever starts it again. */
import type { DaemonLaunch } from './keeper/protocol.ts';
import { revivedVariable } from './keeper/reviver.ts';
import { notifyVariable } from './notify.ts';

/** Meant for this process alone. */
const ownOnly = [notifyVariable, revivedVariable];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the keeper starts should this daemon end without saying goodbye. Null for one in the
 * foreground, whose user sees it end, and under systemd, which starts it again itself.
 */
export function ownLaunch(environment: Environment): DaemonLaunch | null {
  if (environment['SUPERBOT_BACKGROUND'] !== '1' || environment['SUPERBOT_SYSTEMD'] === '1') {
    return null;
  }
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !ownOnly.includes(name)) env[name] = value;
  }
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  return { argv, cwd: process.cwd(), env };
}

/** Why the keeper has started this daemon; null when somebody else has. */
export function reasonOfRevival(environment: Environment): string | null {
  return environment[revivedVariable] ?? null;
}
