import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { TestHouse } from './house.ts';
import type { ModuleOptions } from './test-module.ts';

describe('a running module that is found unfit', () => {
  let house: TestHouse;

  async function running(bot: ModuleOptions = {}): Promise<{ launch: string; pid: number }> {
    house = await TestHouse.open({ modules: { bot } });
    const { pid } = await house.start('bot');
    return { launch: launchOf(), pid: pid! };
  }

  function launchOf(): string {
    return house.module('bot').life.facts.launch!.id;
  }

  afterEach(() => house.close());

  it('is ended gracefully and tried again after a delay, which counts', async () => {
    const { launch, pid } = await running();
    house.module('bot').unfit(launch, 'memory', 'it used 600 MB of 512 MB');
    expect(house.status('bot')).to.include({ state: 'stopping', reason: 'memory' });
    const waiting = await house.reaches('bot', 'restarting');
    expect(waiting).to.include({ pid: null, last_error: 'it used 600 MB of 512 MB' });
    expect(waiting.last_exit).to.include({ signal: 'SIGTERM' });
    await house.clock.advance(1000);
    const again = await house.reaches('bot', 'running');
    expect(again).to.include({ restart_count: 1 });
    expect(again.pid).to.not.equal(pid);
    expect(house.liveLaunches('bot')).to.have.length(1);
  });

  it('fails for good when it has used up its restarts', async () => {
    const { launch } = await running({ restart: { maxRestarts: 0 } });
    house.module('bot').unfit(launch, 'unhealthy', 'it did not answer three times');
    const failed = await house.reaches('bot', 'failed');
    expect(failed).to.include({ reason: 'restart_limit', wanted: 'up', pid: null });
  });

  it('is forgiven its earlier restarts when it had run long enough', async () => {
    const { launch } = await running({ restart: { maxRestarts: 1, resetAfterMs: 60_000 } });
    house.module('bot').unfit(launch, 'cpu', 'it used 250 % of 100 %');
    await house.reaches('bot', 'restarting');
    await house.clock.advance(1000);
    await house.reaches('bot', 'running');
    await house.clock.advance(60_000);
    house.module('bot').unfit(launchOf(), 'cpu', 'it used 250 % of 100 %');
    expect(await house.reaches('bot', 'restarting')).to.include({ restart_count: 0 });
  });

  it('is left alone when the judgement was about an earlier launch', async () => {
    const { launch } = await running();
    await house.restart('bot');
    const { pid } = house.status('bot');
    house.module('bot').unfit(launch, 'unhealthy', 'too late');
    expect(house.status('bot')).to.include({ state: 'running', pid, restart_count: 0 });
  });

  it('stays down when an operator stops it meanwhile', async () => {
    const { launch } = await running();
    house.module('bot').unfit(launch, 'unhealthy', 'no answer');
    await house.stop('bot');
    expect(house.status('bot')).to.include({
      state: 'stopped',
      reason: 'operator',
      wanted: 'down',
      restart_count: 0,
    });
  });
});
