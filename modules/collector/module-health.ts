import type { Health } from '../api/module.ts';
import type { WorkersHealth } from './workers/health.ts';

/** What the daemon is told. Null: nothing could be opened yet, since the database is not there. */
export function moduleHealth(health: WorkersHealth | null): Health {
  if (health === null) {
    return { healthy: false, reason: 'it waits for the database', restartHelps: false };
  }
  const { tasks, collectors, trade_listener } = health;
  const failed = Object.keys(tasks).filter((name) => tasks[name]?.state === 'dead');
  const isCut = trade_listener.connections > 0 && trade_listener.connections_active === 0;
  return {
    healthy: failed.length === 0 && !isCut,
    ...(isCut ? { reason: 'no connection to the market channel', restartHelps: false } : {}),
    ...(failed.length > 0
      ? { reason: `given up after too many crashes: ${failed.join(', ')}`, restartHelps: true }
      : {}),
    lastActivity:
      trade_listener.last_insert_ts === null ? null : new Date(trade_listener.last_insert_ts),
    queueDepth: trade_listener.queue_depth,
    errorCount: Object.values(collectors).reduce((sum, { error_count }) => sum + error_count, 0),
    details: { ...trade_listener },
  };
}
