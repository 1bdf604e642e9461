/** What the supervisor needs from the rest of the daemon, joined to the parts that give it. */
import type { HomePaths } from '../../config/paths.ts';
import type { Links } from '../api/links.ts';
import type { Configuration } from '../configuration.ts';
import type { Guardian } from '../guardian/guardian.ts';
import { writeModulePid } from '../home/home.ts';
import { whenLineMatches } from '../logs/await-line.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { LogFollowers } from '../logs/follow.ts';
import type { ModuleContext } from '../supervisor/context.ts';
import { shutdownShare } from '../supervisor/end-tree.ts';
import { planLaunch } from '../supervisor/launch/plan.ts';
import type { System } from '../system.ts';
import { databaseUrl } from './database.ts';

export interface ModuleSurroundings extends Pick<
  ModuleContext,
  'onTransition' | 'onOccurrence' | 'onStorm' | 'save'
> {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly guardian: Guardian;
  /** Asked when they are needed, because they are built later. */
  readonly links: () => Links;
  readonly followers: () => LogFollowers;
  readonly endpoint: () => string;
  /** Until what still runs gets SIGKILL, in milliseconds; infinite while the daemon does not end. */
  readonly endingLeftMs: () => number;
}

export function moduleContext(around: ModuleSurroundings): ModuleContext {
  const { system, paths, configuration, environment, log, guardian } = around;
  const { onTransition, onOccurrence, onStorm, save } = around;
  return {
    system,
    keeper: guardian,
    plan: (module, launch) =>
      planLaunch(module, launch, {
        home: paths.root,
        endpoint: around.endpoint(),
        daemonEnvironment: environment,
        databaseUrl: () => databaseUrl(around),
        logs: configuration.config.logs,
      }),
    askToShutDown: (module, deadlineMs) => {
      const leftMs = around.endingLeftMs() * shutdownShare;
      return around.links().askToShutDown(module, Math.min(deadlineMs, leftMs));
    },
    whenLineMatches: (line, onMatch) => {
      const onFault = (doing: string, err: unknown): void => log.error({ err }, `cannot ${doing}`);
      const sources = { logsDir: paths.logsDir, followers: around.followers(), onFault };
      return whenLineMatches(sources, line, onMatch);
    },
    showPid: (module, pid) => writeModulePid(paths, module, pid),
    onFault: (module, doing, err) => log.error({ module, err }, `cannot ${doing}`),
    onTransition,
    onOccurrence,
    onStorm,
    save,
  };
}
