/** What follows from what the monitor sees: news, captures, and what learning mode learns. */
import type { Logger } from '../api/log.ts';
import type { Captures } from './captures.ts';
import type { LearningMode } from './learning-mode.ts';
import type { LevelChange, MonitorEvents, SeenPause } from './monitor/events.ts';
import type { News } from './news.ts';

export interface ConsequencesParts {
  readonly news: News;
  readonly captures: Pick<Captures, 'begin'>;
  readonly learning: LearningMode | null;
  readonly daemonState: (signal: AbortSignal) => Promise<unknown>;
  readonly log: Pick<Logger, 'info'>;
}

export function consequencesOf(parts: ConsequencesParts): MonitorEvents {
  const { news, captures, learning, daemonState, log } = parts;
  return {
    sample: (stored, level) => {
      learning?.sample(stored.stress.total);
      news.sample(stored, level);
    },
    level: (change) => {
      news.level(change);
      if (change.to === 'critical') captureCritical(change);
    },
    pause: (seen) => {
      learning?.pause(seen.stress.total);
      news.pause(seen);
      capturePause(seen);
    },
    suspend: (seen) => {
      news.suspend(seen);
      log.info('the host was suspended', { suspended_ms: seen.suspendedMs });
    },
    clockStep: ({ steppedMs }) =>
      log.info('the wall clock was set', { stepped_ms: Math.round(steppedMs) }),
    alert: news.alert,
  };

  /** While it is still going on: afterwards nobody can say what it was. */
  function captureCritical({ id, atMs, ring, culprits, stress }: LevelChange): void {
    log.info('preemptive_snapshot_triggered', { stress: stress.total });
    const metadata = { atMs, durationMs: null, expectedMs: null, latencyRatio: null };
    captures.begin(id, { trigger: 'critical', metadata, ring, culprits, state: daemonState });
  }

  function capturePause({ id, atMs, pause, ring, culprits }: SeenPause): void {
    const { actualMs: durationMs, expectedMs, latencyRatio } = pause;
    const metadata = { atMs, durationMs, expectedMs, latencyRatio };
    captures.begin(id, { trigger: 'pause', metadata, ring, culprits, state: daemonState });
  }
}
