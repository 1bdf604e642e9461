import type { LoopLag } from '../../rpc/loop-lag.ts';
import type { LinkHealth } from '../../rpc/shapes-health.ts';

/**
 * The answer to `link.health` with how late the module's event loop was since the last one, in
 * milliseconds, among its details; without it where that was not measured. The daemon warns when the
 * loop is held up.
 */
export function withLoopLag(answer: LinkHealth, { maxMs, p99Ms }: LoopLag): LinkHealth {
  const { details } = answer;
  if (maxMs === null || p99Ms === null || !isExtensible(details)) return answer;
  const lag = { loop_lag_ms: Math.round(maxMs), loop_lag_p99_ms: Math.round(p99Ms) };
  return { ...answer, details: { ...lag, ...details } };
}

/** Whatever else its author has put there stays as it is. */
function isExtensible(
  details: LinkHealth['details'],
): details is Record<string, never> | undefined {
  if (details === undefined) return true;
  return typeof details === 'object' && details !== null && !Array.isArray(details);
}
