import type { TradeListenerHealth } from '../trades/health.ts';
import type { CollectorStats } from './polling.ts';
import type { TaskState } from './task.ts';

/** A plain object, made anew each time. */
export interface WorkersHealth {
  readonly uptime_seconds: number;
  readonly tasks_alive: number;
  /** Those that crashed, the ones that wait for their restart included. */
  readonly tasks_dead: number;
  readonly total_restarts: number;
  readonly tasks: Readonly<
    Record<string, { readonly state: TaskState; readonly restarts: number }>
  >;
  readonly collectors: Readonly<Record<string, CollectorStats>>;
  readonly trade_listener: TradeListenerHealth;
}

/** What is logged every minute, a line each. */
export function healthLines(health: WorkersHealth): string[] {
  const { uptime_seconds, tasks_alive, tasks_dead, total_restarts } = health;
  const tasks = `tasks: ${tasks_alive} alive, ${tasks_dead} dead`;
  const { trades_received, trades_inserted, connections_active, queue_depth } =
    health.trade_listener;
  return [
    `=== Daemon Health === uptime: ${uptime(uptime_seconds)} | ${tasks} | restarts: ${total_restarts}`,
    ...Object.entries(health.collectors).map(
      ([name, { total_items, error_count, last_collect_ts }]) =>
        `${name}: items=${total_items} errors=${error_count} last=${last_collect_ts ?? 'never'}`,
    ),
    `trades: received=${trades_received} inserted=${trades_inserted} conns=${connections_active} queue=${queue_depth}`,
  ];
}

/** "2h 5m", or "5m 9s" in the first hour. */
function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${Math.floor(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
