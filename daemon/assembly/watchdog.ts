/** The watchdog, joined to the parts that it looks through and speaks through. */
import { uptime } from 'node:os';
import type { HomePaths } from '../../config/paths.ts';
import type { MethodResult } from '../../rpc/contract.ts';
import type { HealthReport } from '../../rpc/shapes-health.ts';
import type { Links } from '../api/links.ts';
import type { Log } from '../logs/daemon-log.ts';
import { planHealthCommand } from '../supervisor/launch/health-command.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { System } from '../system.ts';
import type { HealthNews } from '../watchdog/checker.ts';
import { reportHealth } from '../watchdog/health-report.ts';
import { Watchdog, type WatchdogOptions } from '../watchdog/watchdog.ts';
import type { Configuration } from '../configuration.ts';
import { databaseUrl } from './database.ts';

export interface WatchSources {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly links: Links;
  readonly endpoint: () => string;
  readonly raise: WatchdogOptions['raise'];
  /** Gets what a module answers to `link.health`, unread. */
  readonly onLinkAnswer: (module: string, answer: unknown) => void;
  readonly publish: (topic: string, data: PublishedHealth) => void;
  /** Checks have begun anew. */
  readonly onLostTime: WatchdogOptions['onStall'];
}

/** Of `module.healthy`, `module.degraded` and `module.unhealthy`. */
export type PublishedHealth = Readonly<Record<string, string | number | null>>;

export function buildWatchdog(sources: WatchSources): Watchdog {
  const { system, paths, environment, log, supervisor, links, endpoint, onLinkAnswer } = sources;
  return new Watchdog({
    system,
    bootMs: () => uptime() * 1000,
    running: () => supervisor.running(),
    find: (module) => supervisor.runningModule(module),
    linkOf: (module) => links.launchOf(module),
    askLink: (module, signal) => {
      const answer = links.askHealth(module, signal);
      return answer?.then((said) => (onLinkAnswer(module, said), said)) ?? null;
    },
    planCommand: ({ name, launch, config }, command) => {
      const { params } = supervisor.get(name).life.status();
      const context = {
        ...{ home: paths.root, endpoint: endpoint(), daemonEnvironment: environment },
        databaseUrl: () => databaseUrl(sources),
      };
      return planHealthCommand(config, command, { launch, params }, context);
    },
    onHealth: (news) => tellHealth(news, sources),
    unfit: (module, launch, reason, why) => supervisor.find(module)?.unfit(launch, reason, why),
    raise: sources.raise,
    onStall: ({ stalledMs, suspendedMs }) => {
      const lost = { stalled_ms: Math.round(stalledMs), suspended_ms: Math.round(suspendedMs) };
      log.warn(lost, 'the host was suspended or stalled: health checks begin anew');
      sources.onLostTime({ stalledMs, suspendedMs });
    },
    onFault: (doing, err) => log.error({ err }, `cannot ${doing}`),
  });
}

/** What `monitoring.health` answers. */
export function healthOf(
  supervisor: Supervisor,
  watchdog: Watchdog,
  backends: () => HealthReport['backends'],
): () => MethodResult<'monitoring.health'> {
  return () =>
    reportHealth(
      supervisor.statuses(),
      (module) => watchdog.latest(module),
      (module) => supervisor.find(module)?.life.missedWants ?? [],
      backends(),
    );
}

function tellHealth(
  { name, launch, before, health, why }: HealthNews,
  { supervisor, log, publish }: WatchSources,
): void {
  const life = supervisor.find(name)?.life;
  if (life?.facts.launch?.id !== launch) return;
  life.setHealth(health);
  // That a launch is well from its first check on is what one expects of it.
  const isExpected = health === 'unknown' || (before === 'unknown' && health === 'healthy');
  if (!isExpected) life.tell({ kind: 'health', health, why });
  log[health === 'unhealthy' ? 'warn' : 'info'](
    { module: name, before, why },
    `${name} is ${health}`,
  );
  // Without what it wants it is no more than degraded, which is known.
  if (health === 'unknown' || (health === 'healthy' && life.missedWants.length > 0)) return;
  const { pid, state, reason, restart_count } = life.status();
  publish(`module.${health}`, { module: name, pid, state, reason: why ?? reason, restart_count });
}
