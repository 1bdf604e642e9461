/** From a module's configuration to everything the keeper needs to launch it. */
import { createHash } from 'node:crypto';
import type { LogsConfig, ModuleConfig } from '../../../config/effective.ts';
import type { ModuleParams } from '../../../rpc/shapes.ts';
import { newToken } from '../../../rpc/token.ts';
import type { LaunchSpec } from '../../keeper/protocol.ts';
import { moduleEnvironment } from './environment.ts';
import { launchExec } from './exec.ts';
import { launchFlask } from './flask.ts';
import type { LaunchPlan } from './launcher.ts';
import { launchNode } from './node.ts';
import { launchPython } from './python.ts';
import { launchThread } from './thread.ts';
import { userIds } from './user.ts';
import { launchUvicorn } from './uvicorn.ts';

/** What the keeper's record keeps for the next daemon. No secret: of the token only the hash. */
export interface LaunchNote {
  readonly params: ModuleParams;
  readonly token_sha256: string;
}

export interface LaunchContext {
  readonly home: string;
  readonly endpoint: string;
  readonly daemonEnvironment: Readonly<Record<string, string | undefined>>;
  /** Asked at each launch. Throws when what it needs cannot be made in the home. */
  readonly databaseUrl: () => string | null;
  readonly logs: Pick<LogsConfig, 'maxSizeBytes' | 'keep' | 'overflow'>;
}

/** Rejects with a LaunchError when the module cannot be launched. */
export async function planLaunch(
  config: ModuleConfig,
  { launch, params, seqFloor }: { launch: string; params: ModuleParams; seqFloor: number },
  context: LaunchContext,
): Promise<LaunchSpec & { note: LaunchNote }> {
  const linkToken = newToken();
  const { home, endpoint, logs } = context;
  const databaseUrl = context.databaseUrl();
  const facts = { home, endpoint, launch, linkToken, params, databaseUrl };
  const env = moduleEnvironment(config, context.daemonEnvironment, facts);
  const { kind = 'process', argv, cwd, env: added } = await planByType(config, env);
  return {
    name: config.name,
    launch,
    kind,
    argv,
    cwd,
    env: { ...added, ...env },
    user: userIds(config.user),
    stop: config.stop,
    log: { maxSizeBytes: logs.maxSizeBytes, keep: logs.keep, overflow: logs.overflow },
    seqFloor,
    note: { params, token_sha256: hashToken(linkToken) },
  };
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function planByType(
  config: ModuleConfig,
  env: Readonly<Record<string, string>>,
): LaunchPlan | Promise<LaunchPlan> {
  switch (config.type) {
    case 'node':
      return launchNode(config, env);
    case 'thread':
      return launchThread(config, env);
    case 'exec':
      return launchExec(config, env);
    case 'python':
      return launchPython(config, env);
    case 'uvicorn':
      return launchUvicorn(config, env);
    case 'flask':
      return launchFlask(config, env);
  }
}
