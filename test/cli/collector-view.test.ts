import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { CollectorStatus } from '../../rpc/shapes-collector.ts';
import { BundledCli } from './bundle.ts';

describe('superbot-cli collector status', () => {
  const cli = new BundledCli();

  it('shows the collectors while nobody knows what is stored', async () => {
    const collector = { collector: 'prices', state: 'running', restarts: 0, interval: 60 } as const;
    const never = { last_collect_ts: null, total_items: 12, error_count: 1, last_error: null };
    const status: CollectorStatus = {
      started_at: '2026-11-22T10:00:00.000Z',
      uptime_seconds: 5,
      tasks_alive: 1,
      tasks_dead: 0,
      total_restarts: 0,
      collectors: [{ ...collector, ...never }],
      trade_listener: null,
      tables: [],
    };
    const call = () => Promise.resolve(status);
    const server = await cli.serve({}, { claimed: { has: () => true, call } });
    const { stdout, stderr } = await cli.run([...server, 'collector', 'status']);
    expect(stdout)
      .to.match(/prices +running +12 +never +1 +0/)
      .and.not.include('TABLE');
    expect(stderr).to.equal('how much is stored is not known: the database does not answer\n');
  });
});
