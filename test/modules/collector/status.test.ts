import { expect } from 'chai';
import { describe, it } from 'mocha';
import { moduleHealth } from '../../../modules/collector/module-health.ts';
import { statusOf } from '../../../modules/collector/status.ts';
import type { WorkersHealth } from '../../../modules/collector/workers/health.ts';
import { collectorStatus } from '../../../rpc/shapes-collector.ts';

const listener = {
  started_at: '2026-01-01T00:00:00.000Z',
  trades_received: 12,
  trades_inserted: 11,
  batches_inserted: 2,
  connections_active: 1,
  reconnections: 3,
  queue_depth: 4,
  last_trade_ts: '2026-01-01T00:00:00.000Z',
  last_insert_ts: '2026-01-01T00:00:01.000Z',
  last_reconnect_ts: null,
  connections: 2,
  tokens: 2,
  trades_dropped: 0,
  frames_quarantined: 0,
  gaps: 0,
  backfill_pending: 0,
  commit_latency_ms: { p50: 200, p99: 900, max: 1200 },
  trades_backfilled: 0,
};
const stats = { last_collect_ts: null, total_items: 5, error_count: 2, last_error: 'late' };
const health: WorkersHealth = {
  uptime_seconds: 60,
  tasks_alive: 6,
  tasks_dead: 1,
  total_restarts: 1,
  tasks: {
    prices: { state: 'alive', restarts: 0 },
    trades: { state: 'restarting', restarts: 1 },
  },
  collectors: { prices: stats },
  trade_listener: listener,
};

describe('what the collector says of itself', () => {
  it('has the listener with all its figures, and each collector, in the form of the contract (row 17)', () => {
    const nowMs = Date.parse('2026-01-01T00:01:00Z');
    const status = collectorStatus.parse(statusOf(health, { prices: 60_000 }, [], nowMs));
    const shown = { collector: 'trades', state: 'restarting', restarts: 1, ...listener };
    expect(status.trade_listener).to.deep.equal(shown);
    expect(status.collectors).to.deep.equal([
      { collector: 'prices', state: 'running', restarts: 0, interval: 60, ...stats },
    ]);
    expect(status.started_at).to.equal('2026-01-01T00:00:00.000Z');
  });

  it('is healthy while a task waits for its restart, and not when one is given up or no connection is left', () => {
    expect(moduleHealth(health)).to.deep.include({ healthy: true, queueDepth: 4, errorCount: 2 });
    expect(moduleHealth(null)).to.include({ healthy: false, restartHelps: false });
    const cut = { ...health, trade_listener: { ...listener, connections_active: 0 } };
    expect(moduleHealth(cut)).to.include({ healthy: false, restartHelps: false });
    const dead = {
      ...cut,
      tasks: { ...health.tasks, prices: { state: 'dead', restarts: 5 } },
    } as const;
    expect(moduleHealth(dead)).to.include({ healthy: false, restartHelps: true });
    expect(moduleHealth(dead).reason).to.include('prices');
  });
});
