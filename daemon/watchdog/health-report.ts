/** `monitoring.health`: what is known of every module, and one word for all of them. Pure. */
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { CheckDetails, HealthReport } from '../../rpc/shapes-health.ts';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';

export interface LatestCheck {
  readonly checked_at: string;
  readonly details: CheckDetails;
}

/**
 * @param latest the last check of the module's present launch; null before there was one
 * @param missed the modules that it wants and runs without
 * @param backends by what is kept there
 */
export function reportHealth(
  statuses: readonly ModuleStatus[],
  latest: (module: string) => LatestCheck | null,
  missed: (module: string) => readonly string[],
  backends: HealthReport['backends'],
): HealthReport {
  const rows = statuses.map((module) => {
    const { health: status, state, pid, restart_count } = module;
    const { checked_at, details: found } = latest(module.module) ?? neverChecked;
    const details = found && { ...found, message: found.message ?? without(missed(module.module)) };
    return [module.module, { status, state, pid, restart_count, checked_at, details }] as const;
  });
  const status = overall(statuses, Object.values(backends));
  return { status, modules: Object.fromEntries(rows), backends };
}

const neverChecked = { checked_at: null, details: null };

function without(missed: readonly string[]): string | null {
  return missed.length === 0 ? null : `it runs without ${missed.join(', ')}, which it wants`;
}

function overall(
  statuses: readonly ModuleStatus[],
  backends: readonly RedisStatus[],
): HealthReport['status'] {
  if (statuses.some(isWantedAndNotWell)) return 'unhealthy';
  const isAway = backends.some(({ state }) => state !== 'up');
  return isAway || statuses.some(isOnItsWay) ? 'degraded' : 'healthy';
}

function isWantedAndNotWell({ wanted, state, health }: ModuleStatus): boolean {
  const hasFailed = state === 'failed' || state === 'import_failed';
  return wanted === 'up' && (hasFailed || health === 'unhealthy');
}

function isOnItsWay({ state, health }: ModuleStatus): boolean {
  return state === 'starting' || state === 'restarting' || health === 'degraded';
}
