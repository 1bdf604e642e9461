import type { Health } from '../api/module.ts';
import type { MonitorState } from './monitor.ts';
import type { MonitorStore } from './store.ts';

/** Samples may come so much later than their interval: a stressed host is what is looked for. */
const lateMs = 30_000;

/** Whether there would be a newer sample by now, if there were still any. */
export function isOverdue(
  { last, intervalMs }: Pick<MonitorState, 'last' | 'intervalMs'>,
  nowMs: number,
): boolean {
  return last !== null && nowMs - last.sample.atMs > intervalMs + lateMs;
}

/** What the daemon is told. Null: it is being opened. */
export function moduleHealth(
  parts: {
    readonly state: MonitorState;
    readonly store: Pick<MonitorStore, 'kind' | 'counts' | 'problem'>;
  } | null,
  nowMs: number,
): Health {
  if (parts === null) return { healthy: true };
  const { state, store } = parts;
  const { last, level } = state;
  const details = {
    level,
    stress: last?.stress.total ?? null,
    samples: state.samples,
    events: state.happenings,
    storage: store.kind,
    ...store.counts,
  };
  const lastActivity = last === null ? null : new Date(last.sample.atMs);
  if (last !== null && isOverdue(state, nowMs)) {
    const reason = `no sample since ${new Date(last.sample.atMs).toISOString()}`;
    return { healthy: false, reason, restartHelps: true, lastActivity, details };
  }
  if (store.problem !== null) {
    const reason = `what it sees is not kept: ${store.problem}`;
    return { healthy: false, reason, restartHelps: false, lastActivity, details };
  }
  return { healthy: true, lastActivity, details };
}
