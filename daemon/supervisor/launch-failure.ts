/** What it means that a launch did not succeed. Pure. */
import { KeeperLostError, KeeperUnavailableError } from '../guardian/keeper-loss.ts';
import { KeeperError } from '../keeper/keeper-error.ts';
import { LaunchError } from './launch/launcher.ts';

export type LaunchFailure =
  /** It cannot be launched as configured and installed: trying again changes nothing. */
  | 'import_failure'
  /** Processes of an earlier launch survived SIGKILL, so no second copy may be started. */
  | 'stop_failed'
  /** A launch may be alive that this daemon knows nothing of: it must be ended first. */
  | 'in_doubt'
  /** The same, and the module had no part in it. */
  | 'keeper_lost'
  /** There is nobody to launch it. */
  | 'no_keeper'
  /** As if it had crashed at once. */
  | 'crash';

/** No such program, not executable, no executable format, params or environment too long. */
const unmendable = ['ENOENT', 'EACCES', 'ENOEXEC', 'E2BIG'];

export function judgeLaunchError(error: unknown): LaunchFailure {
  if (error instanceof LaunchError) return 'import_failure';
  if (error instanceof KeeperUnavailableError) return 'no_keeper';
  if (error instanceof KeeperLostError) return 'keeper_lost';
  if (!(error instanceof KeeperError)) return 'crash';
  if (error.code === 'already_running') return 'in_doubt';
  if (error.code === 'survivors') return 'stop_failed';
  return unmendable.includes(error.errno ?? '') ? 'import_failure' : 'crash';
}
