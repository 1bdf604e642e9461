import type { Polling } from './workers/polling.ts';
import type { TaskState } from './workers/task.ts';
import type { WorkersHealth } from './workers/health.ts';

const shownState = {
  alive: 'running',
  restarting: 'restarting',
  dead: 'failed',
  stopped: 'stopped',
} as const satisfies Record<TaskState, string>;

/** What `collector.status` answers: how the workers are, beside how much the tables hold. */
export function statusOf<Tables>(
  health: WorkersHealth,
  intervalsMs: Readonly<Record<string, Polling['intervalMs']>>,
  tables: Tables,
  nowMs: number,
) {
  const { uptime_seconds, tasks_alive, tasks_dead, total_restarts, trade_listener } = health;
  return {
    started_at: new Date(nowMs - uptime_seconds * 1000).toISOString(),
    uptime_seconds,
    tasks_alive,
    tasks_dead,
    total_restarts,
    collectors: Object.entries(health.collectors).map(([name, stats]) => ({
      ...taskOf(name),
      interval: (intervalsMs[name] ?? 0) / 1000,
      ...stats,
    })),
    trade_listener: { ...taskOf('trades'), ...trade_listener },
    tables,
  };

  function taskOf(name: string) {
    const { state, restarts } = health.tasks[name] ?? { state: 'stopped', restarts: 0 };
    return { collector: name, state: shownState[state], restarts };
  }
}
