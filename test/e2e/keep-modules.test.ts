import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const trading = {
  type: 'node',
  module: 'superbot:trading',
  params: { mode: 'replay', speed: 5 },
  ready: { link: true },
  restart: { base_delay: '0s' },
};
const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('daemon restart --keep-modules', () => {
  const homes = temporaryHomes();

  it('replaces the daemon and keeps pids, params, restart counts and uptime', async () => {
    const home = homes.create({ modules: { trading, sleeper }, autostart: ['sleeper'] });
    const oldPid = await home.start();
    const start = await home.cli('module', 'start', 'trading', '--param', 'speed=50');
    expect(start.status).to.equal(0);
    const first = await home.reaches('trading', 'running');
    process.kill(first.pid ?? 0, 'SIGKILL');
    const before = await until('it runs again', async () => {
      const status = await home.module('trading');
      return status.state === 'running' && status.pid !== first.pid ? status : null;
    });
    expect(before).to.include({ restart_count: 1 });
    const sleeperBefore = await home.reaches('sleeper', 'running');

    const restart = await home.cli('daemon', 'restart', '--keep-modules', '--json');
    expect(restart.status).to.equal(0);
    expect((JSON.parse(restart.stdout) as { pid: number }).pid).not.to.equal(oldPid);

    const after = await home.reaches('trading', 'running');
    expect(lasting(after)).to.deep.equal(lasting(before));
    expect(after.params).to.include({ speed: 50 });
    expect(lasting(await home.module('sleeper'))).to.deep.equal(lasting(sleeperBefore));
    // The link is back as well.
    await until('the module answers', async () => {
      return (await home.cli('trading', 'balance', '--json')).status === 0;
    });
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
  });
});

function lasting({ pid, params, restart_count, started_at, wanted, state }: Lasting): object {
  return { pid, params, restart_count, started_at, wanted, state };
}

type Lasting = ModuleStatus;
