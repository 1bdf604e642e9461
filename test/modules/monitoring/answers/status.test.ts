import { expect } from 'chai';
import { describe, it } from 'mocha';
import { statusOf } from '../../../../modules/monitoring/answers/status.ts';
import { calm } from '../../../../modules/monitoring/stress.ts';
import { settings } from '../monitor/played.ts';
import { sampleOf } from '../samples.ts';

const sampledAtMs = Date.UTC(2026, 10, 22);

describe('the status of monitoring', () => {
  it('tells of one that runs until a sample is half a minute late, however seldom they come', () => {
    const isRunning = (intervalMs: number, afterMs: number) => {
      const sample = { ...sampleOf({}), atMs: sampledAtMs };
      const last = { sample, stress: calm, processes: [] };
      const { thresholds, ...intervals } = settings;
      const parts = {
        state: {
          ...{ isRunning: true, samples: 1, happenings: 0, level: 'normal' as const, last },
          ...{ intervalMs, elevatedForMs: 0, criticalForMs: 0 },
        },
        sampling: {
          ...intervals,
          elevationThreshold: thresholds.elevated,
          criticalThreshold: thresholds.critical,
        },
        store: { kind: 'files' as const, counts: { stored: 1, dropped: 0 }, problem: null },
        ...{ learned: null, lastDay: null, startedAtMs: sampledAtMs },
      };
      return statusOf(parts, sampledAtMs + afterMs).running;
    };
    expect(isRunning(5000, 35_000)).to.equal(true);
    expect(isRunning(5000, 35_001)).to.equal(false);
    expect(isRunning(60_000, 59_000)).to.equal(true);
  });
});
