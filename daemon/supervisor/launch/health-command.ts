/** `health: {exec: …}`: from what is configured to what can be executed beside a running module. */
import type { ModuleConfig } from '../../../config/effective.ts';
import type { ModuleParams } from '../../../rpc/shapes.ts';
import { moduleEnvironment } from './environment.ts';
import { findProgram } from './find-program.ts';
import type { LaunchContext } from './plan.ts';
import { userIds } from './user.ts';

export interface PlannedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/**
 * In the module's folder, as its user, with its environment but for the link token, which is the
 * module's alone. Bearing the launch's mark, it counts to the module's tree and ends with it.
 * Throws a LaunchError when there is no such program or user.
 */
export function planHealthCommand(
  config: ModuleConfig,
  [program, ...args]: readonly [string, ...string[]],
  { launch, params }: { readonly launch: string; readonly params: ModuleParams },
  { home, endpoint, daemonEnvironment, databaseUrl }: Omit<LaunchContext, 'logs'>,
): PlannedCommand {
  const facts = {
    ...{ home, endpoint, launch, params, linkToken: '' },
    databaseUrl: databaseUrl(),
  };
  const env = moduleEnvironment(config, daemonEnvironment, facts);
  delete env['SUPERBOT_LINK_TOKEN'];
  const path = findProgram([program], env['PATH'] ?? '');
  return { argv: [path, ...args], cwd: config.cwd, env, user: userIds(config.user) };
}
