/** Whether the module works, in its own words, when the daemon asks. */
import type { LinkHealth } from '../../rpc/shapes-health.ts';
import type { Logger } from './log.ts';

export interface Health {
  readonly healthy: boolean;
  /** Why not, in a few words for people. */
  readonly reason?: string;
  /**
   * False when the trouble is outside of the module, such as prices that do not come: it is shown and
   * alerted then, but the module is not restarted. Default: true.
   */
  readonly restartHelps?: boolean;
  /** When it last did what it is for. */
  readonly lastActivity?: Date | null;
  readonly queueDepth?: number | null;
  readonly errorCount?: number | null;
  /**
   * Anything else worth seeing in `superbot-cli health`, such as the `metrics` of a client: what JSON
   * can say, 8 KB at most. No narrower type: an interface would not be assignable to one of JSON.
   */
  readonly details?: unknown;
}

export type HealthCallback = () => Health | Promise<Health>;

/**
 * The answer to `link.health`. Without a callback it is that the module is healthy: that it answers
 * at all shows that its event loop turns. A callback that fails means that the module is not.
 */
export async function answerHealth(
  callback: HealthCallback | null,
  log: Logger,
): Promise<LinkHealth> {
  if (callback === null) return { healthy: true };
  try {
    const health = await callback();
    const length = JSON.stringify([health.details]).length;
    if (length <= detailsLengthMax) return toWire(health);
    log.warn('the details of onHealth are left out: they are too long', { length });
    return { ...toWire(health), details: null };
  } catch (error) {
    log.error('onHealth failed', { error });
    const reason = error instanceof Error ? error.message : String(error);
    return { healthy: false, reason: `onHealth failed: ${reason}`.slice(0, reasonLengthMax) };
  }
}

const reasonLengthMax = 1000;
/** The daemon keeps no more, and closes the link of whoever sends a line of a megabyte. */
const detailsLengthMax = 8192;

function toWire(health: Health): LinkHealth {
  const { healthy, reason, restartHelps, lastActivity, queueDepth, errorCount, details } = health;
  return {
    healthy,
    ...(reason === undefined ? {} : { reason: reason.slice(0, reasonLengthMax) }),
    ...(restartHelps === undefined ? {} : { restart_helps: restartHelps }),
    ...(lastActivity === undefined ? {} : { last_activity: lastActivity?.toISOString() ?? null }),
    ...(queueDepth === undefined ? {} : { queue_depth: queueDepth }),
    ...(errorCount === undefined ? {} : { error_count: errorCount }),
    ...(details === undefined ? {} : { details: details as LinkHealth['details'] }),
  };
}
