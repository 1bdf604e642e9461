/** What `daemon.status` answers. */
import type { HomePaths } from '../config/paths.ts';
import type { MethodResult } from '../rpc/contract.ts';
import type { Configuration } from './configuration.ts';
import type { Supervisor } from './supervisor/supervisor.ts';
import type { System } from './system.ts';
import { version } from './version.ts';

export interface StatusSources {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly supervisor: Supervisor;
  readonly endpoint: () => string;
}

/** Counts the uptime from now on. */
export function daemonStatus(sources: StatusSources): () => MethodResult<'daemon.status'> {
  const { system, paths, configuration, supervisor, endpoint } = sources;
  const startedAt = new Date(system.now()).toISOString();
  const startedMonotonicMs = system.monotonicMs();
  return () => {
    const modules = supervisor.statuses().map((status) => [status.module, status] as const);
    return {
      status: 'running',
      pid: process.pid,
      version,
      started_at: startedAt,
      uptime: (system.monotonicMs() - startedMonotonicMs) / 1000,
      endpoint: endpoint(),
      home: paths.root,
      config_dir: configuration.dir,
      profile: configuration.profile,
      restarts_held: held(supervisor),
      modules: Object.fromEntries(modules),
    };
  };
}

/** Counted at this moment: an operator may have started some, and a reload taken some out. */
function held(supervisor: Supervisor): MethodResult<'daemon.status'>['restarts_held'] {
  const { storm } = supervisor;
  if (storm === null) return null;
  const waiting = supervisor.statuses().filter(({ state }) => state === 'restarting');
  return { until: new Date(storm.untilMs).toISOString(), count: waiting.length };
}
