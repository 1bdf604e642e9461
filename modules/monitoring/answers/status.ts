import { type Learned, suggestThresholds } from '../learning.ts';
import { isOverdue } from '../module-health.ts';
import type { MonitorState } from '../monitor.ts';
import type { MonitoringParams } from '../params.ts';
import { snakeCased } from '../snake-case.ts';
import type { MonitorStore } from '../store.ts';
import { sampleOnWire, timeOf } from '../wire.ts';

export interface StatusParts {
  readonly state: MonitorState;
  readonly sampling: MonitoringParams['sampling'];
  readonly store: Pick<MonitorStore, 'kind' | 'counts' | 'problem'>;
  readonly learned: Learned | null;
  /** Happenings by kind; null where the store does not tell. */
  readonly lastDay: Readonly<Record<'pauses' | 'elevated' | 'critical', number>> | null;
  readonly startedAtMs: number;
}

export function statusOf(parts: StatusParts, nowMs: number) {
  const { state, sampling, store, learned, lastDay, startedAtMs } = parts;
  const { last } = state;
  return {
    running: state.isRunning && last !== null && !isOverdue(state, nowMs),
    started_at: timeOf(startedAtMs),
    uptime_seconds: Math.max(0, nowMs - startedAtMs) / 1000,
    level: state.level,
    elevated_since: since(state.elevatedForMs, nowMs),
    critical_since: since(state.criticalForMs, nowMs),
    sample_count: state.samples,
    event_count: state.happenings,
    last_24_hours: lastDay,
    last_sample: last === null ? null : sampleOnWire(last, state.level),
    sampling: {
      interval_ms: state.intervalMs,
      normal_interval_ms: sampling.normalIntervalMs,
      elevated_interval_ms: sampling.elevatedIntervalMs,
      elevation_threshold: sampling.elevationThreshold,
      critical_threshold: sampling.criticalThreshold,
    },
    storage: { kind: store.kind, ...store.counts, problem: store.problem },
    learning: learned === null ? null : learningOf(learned),
  };
}

function since(durationMs: number, nowMs: number): string | null {
  return durationMs === 0 ? null : timeOf(nowMs - durationMs);
}

function learningOf(learned: Learned) {
  const suggestion = suggestThresholds(learned);
  return {
    samples: learned.samples,
    pauses: learned.atPauses.length,
    histogram: learned.histogram,
    suggested: suggestion === null ? null : snakeCased(suggestion),
  };
}
