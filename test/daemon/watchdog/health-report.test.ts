import { expect } from 'chai';
import { describe, it } from 'mocha';
import { reportHealth } from '../../../daemon/watchdog/health-report.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import type { CheckDetails, HealthReport } from '../../../rpc/shapes-health.ts';
import type { RedisStatus } from '../../../rpc/shapes-redis.ts';
import { moduleStatus } from '../../cli/statuses.ts';

const running = { state: 'running', wanted: 'up', health: 'healthy' } as const;
const off = { state: 'stopped', wanted: 'down', health: 'unknown' } as const;

describe('the health of all modules', () => {
  const rows: [string, Partial<ModuleStatus>, string][] = [
    ['all is well', {}, 'healthy'],
    ['one is stopped, as somebody wants', off, 'healthy'],
    ['nobody knows of one', { health: 'unknown' }, 'healthy'],
    ['one starts', { state: 'starting', health: 'unknown' }, 'degraded'],
    ['one waits to be restarted', { state: 'restarting', health: 'unknown' }, 'degraded'],
    ['one is degraded', { health: 'degraded' }, 'degraded'],
    ['one is unhealthy', { health: 'unhealthy' }, 'unhealthy'],
    ['one has failed', { state: 'failed', health: 'unknown' }, 'unhealthy'],
    ['one cannot be launched', { state: 'import_failed', health: 'unknown' }, 'unhealthy'],
    ['one has failed that nobody wants', { ...off, state: 'failed' }, 'healthy'],
  ];
  for (const [title, facts, expected] of rows) {
    it(`is ${expected} when ${title}`, () => {
      const statuses = [
        moduleStatus({ module: 'a', ...running }),
        moduleStatus({ ...running, ...facts }),
      ];
      expect(
        reportHealth(
          statuses,
          () => null,
          () => [],
          {},
        ).status,
      ).to.equal(expected);
    });
  }

  it('is degraded while Redis does not serve what is in it, and says why (row 96)', () => {
    const redis: RedisStatus = {
      ...{ address: '127.0.0.1:6379', since: '2026-11-22T05:00:00.000Z', latency_ms: null },
      ...{ state: 'stalled', why: 'it has not answered for 2 s' },
    };
    const reported = (backends: HealthReport['backends']) =>
      reportHealth(
        [moduleStatus({ module: 'a', ...running })],
        () => null,
        () => [],
        backends,
      );
    expect(reported({ event_bus: redis })).to.deep.include({
      status: 'degraded',
      backends: { event_bus: redis },
    });
    const up = { ...redis, state: 'up', why: null } as const;
    expect(reported({ event_bus: up, cache: up }).status).to.equal('healthy');
    expect(reported({ event_bus: up, cache: { ...up, state: 'down' } }).status).to.equal(
      'degraded',
    );
  });

  it('names for each what its last check has found, null where there was none', () => {
    const details = { check: 'link', message: null, queue_depth: 3 } as CheckDetails;
    const checked = { checked_at: '2026-11-22T05:00:00.000Z', details };
    const statuses = [
      moduleStatus({ module: 'a', ...running, pid: 7, restart_count: 2 }),
      moduleStatus({ module: 'b', ...off, pid: null, restart_count: 0 }),
    ];
    const latest = (name: string) => (name === 'a' ? checked : null);
    const { modules } = reportHealth(statuses, latest, () => [], {});
    expect(modules).to.deep.equal({
      a: { status: 'healthy', state: 'running', pid: 7, restart_count: 2, ...checked },
      b: {
        ...{ status: 'unknown', state: 'stopped', pid: null, restart_count: 0 },
        ...{ checked_at: null, details: null },
      },
    });
  });

  it('says what a module does without, unless its last check has something worse to say', () => {
    const checked = (message: string | null) => {
      const details = { check: 'link', message } as CheckDetails;
      return { checked_at: '2026-11-22T05:00:00.000Z', details };
    };
    const status = moduleStatus({ module: 'a', ...running, health: 'degraded' });
    const why = (message: string | null) =>
      reportHealth(
        [status],
        () => checked(message),
        () => ['db'],
        {},
      ).modules['a']?.details?.message;
    expect(why(null)).to.equal('it runs without db, which it wants');
    expect(why('no price for 40 s')).to.equal('no price for 40 s');
  });
});
