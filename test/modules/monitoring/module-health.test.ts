import { expect } from 'chai';
import { describe, it } from 'mocha';
import { moduleHealth } from '../../../modules/monitoring/module-health.ts';
import type { MonitorState } from '../../../modules/monitoring/monitor.ts';
import { calm } from '../../../modules/monitoring/stress.ts';
import { sampleOf } from './samples.ts';

const sampledAtMs = Date.UTC(2026, 10, 22);
const state: MonitorState = {
  ...{ isRunning: true, samples: 7, happenings: 2, level: 'elevated', intervalMs: 1000 },
  ...{ elevatedForMs: 5000, criticalForMs: 0 },
  last: { sample: { ...sampleOf({}), atMs: sampledAtMs }, stress: calm, processes: [] },
};

function healthOf(known: Partial<MonitorState>, problem: string | null, afterMs: number) {
  const store = { kind: 'files' as const, counts: { stored: 7, dropped: 0 }, problem };
  return moduleHealth({ state: { ...state, ...known }, store }, sampledAtMs + afterMs);
}

describe('the health of monitoring', () => {
  it('is well while it is opened, and while samples come, however stressed the host is', () => {
    expect(moduleHealth(null, 0)).to.deep.equal({ healthy: true });
    expect(healthOf({ last: null }, null, 0)).to.include({ healthy: true, lastActivity: null });
    const { details, ...health } = healthOf({ level: 'critical' }, null, 30_000);
    expect(health).to.deep.equal({ healthy: true, lastActivity: new Date(sampledAtMs) });
    expect(details).to.include({ level: 'critical', samples: 7, events: 2, storage: 'files' });
  });

  it('is bad when no sample has come for half a minute more than it should, and a restart may help', () => {
    const health = healthOf({}, null, 31_001);
    expect(health).to.include({ healthy: false, restartHelps: true });
    expect(health.reason).to.equal('no sample since 2026-11-22T00:00:00.000Z');
    expect(healthOf({ intervalMs: 60_000 }, null, 31_001)).to.include({ healthy: true });
  });

  it('is bad when nothing is kept, which no restart mends', () => {
    expect(healthOf({}, 'the disk is full', 0)).to.include({
      ...{ healthy: false, restartHelps: false },
      reason: 'what it sees is not kept: the disk is full',
    });
  });
});
