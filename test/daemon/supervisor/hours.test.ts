import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { Cause } from '../../../daemon/supervisor/causes.ts';
import { startModule, stopModule } from '../../../daemon/supervisor/operations.ts';
import { ScheduledModules } from '../../../daemon/supervisor/scheduled.ts';
import type { Wanted } from '../../../rpc/shapes.ts';
import { rpcFailure, TestHouse } from './house.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

const job: Cause = { by: 'schedule', job: 'nightly' };
const { signal } = new AbortController();

describe('a module and the schedule', () => {
  let house: TestHouse;
  let schedule: ScheduledModules;

  async function open(options: ModuleOptions = {}, autostart: string[] = []): Promise<void> {
    house = await TestHouse.open({ modules: { bot: options }, autostart });
    schedule = new ScheduledModules(house.supervisor);
  }

  afterEach(() => house.close());

  function pass(window: Wanted): string | null {
    schedule.setHours(new Map([['bot', window]]));
    return schedule.passEdge('bot', window === 'up' ? 'trading_start' : 'trading_stop');
  }

  const startByJob = () =>
    startModule(house.module('bot'), { cause: job, wait: true, timeoutMs: null, signal });
  const stopByJob = () =>
    stopModule(house.module('bot'), {
      ...{ cause: job, graceful: true, wait: true, cascade: false, until: null, signal },
    });

  it('runs within its hours and stops after them, which is told as the schedule’s doing', async () => {
    await open();
    expect(pass('up')).to.equal(null);
    await house.reaches('bot', 'running');
    expect(pass('down')).to.equal(null);
    const rest = await house.reaches('bot', 'stopped');
    expect(rest).to.include({ reason: 'schedule', wanted: 'down' });
    const causes = house.transitions.flatMap(({ event, cause }) => (cause ? [[event, cause]] : []));
    expect(causes).to.deep.equal([
      ['launch', { by: 'schedule', job: 'trading_start' }],
      ['end', { by: 'schedule', job: 'trading_stop' }],
    ]);
  });

  it('ends because of a reload that takes its hours away, or puts it outside of them', async () => {
    await open();
    const elsewhere: Map<string, Wanted>[] = [
      new Map([['bot', 'down']]),
      new Map<string, Wanted>(),
    ];
    for (const hours of elsewhere) {
      pass('up');
      await house.reaches('bot', 'running');
      schedule.setHours(hours);
      house.supervisor.configure(house.config, new Set());
      await house.reaches('bot', 'stopped');
      const end = house.transitions.findLast(({ event }) => event === 'end');
      expect(end?.cause).to.deep.equal({ by: 'reload' });
    }
  });

  it('that an operator has started runs until the next edge, also out of its hours', async () => {
    await open();
    schedule.setHours(new Map([['bot', 'down']]));
    expect(house.status('bot')).to.include({ state: 'stopped', reason: 'schedule' });
    const { pid } = await house.start('bot', { params: { speed: 2 } });
    pass('up');
    expect(house.status('bot')).to.deep.include({ pid, params: { speed: 2 } });
    pass('down');
    await house.reaches('bot', 'stopped');
    pass('up');
    expect((await house.reaches('bot', 'running')).params).to.deep.equal({});
  });

  it('that an operator has stopped stays down over every edge, until an operator starts it', async () => {
    await open({}, ['bot']);
    await house.reaches('bot', 'running');
    await house.stop('bot');
    expect([pass('up'), pass('down'), pass('up')]).to.deep.equal(Array(3).fill('operator'));
    expect(house.status('bot')).to.include({ state: 'stopped', reason: 'operator' });
    expect(house.launchCount('bot')).to.equal(1);
    await house.start('bot');
    expect(pass('down')).to.equal(null);
    await house.reaches('bot', 'stopped');
  });

  it('that has halted stays down over every edge', async () => {
    await open();
    pass('up');
    await house.reaches('bot', 'running');
    house.module('bot').halt('daily loss limit');
    await house.reaches('bot', 'stopped');
    expect([pass('down'), pass('up')]).to.deep.equal(['halted', 'halted']);
    expect(house.status('bot')).to.include({ state: 'stopped', reason: 'halted' });
  });

  it('that was stopped until the schedule starts it stays down in its hours, and comes back with the next', async () => {
    await open();
    pass('up');
    await house.reaches('bot', 'running');
    expect(await house.stop('bot', { until: 'schedule' })).to.include({ reason: 'schedule' });
    schedule.setHours(new Map([['bot', 'up']]));
    expect(house.status('bot')).to.include({ state: 'stopped', wanted: 'down' });
    pass('down');
    pass('up');
    await house.reaches('bot', 'running');
  });

  it('that has failed shows it after its hours, and is tried anew with the next, its count forgotten', async () => {
    await open({ command: fixture('exits-with.sh', '7'), restart: { maxRestarts: 0 } });
    pass('up');
    await house.reaches('bot', 'failed');
    pass('down');
    expect(house.status('bot')).to.include({ state: 'failed', reason: 'restart_limit' });
    pass('up');
    await house.reaches('bot', () => house.launchCount('bot') === 2);
    await house.reaches('bot', 'failed');
  });

  it('that says its configuration is wrong is not tried again by its hours', async () => {
    await open({ command: fixture('exits-with.sh', '78') });
    pass('up');
    await house.reaches('bot', 'failed');
    pass('down');
    pass('up');
    expect(house.status('bot')).to.include({ state: 'failed', reason: 'exit_78' });
    expect(house.launchCount('bot')).to.equal(1);
  });

  it('is started and stopped by jobs, but never against an operator', async () => {
    await open();
    expect(await startByJob()).to.include({ state: 'running' });
    expect(await stopByJob()).to.include({ state: 'stopped', reason: 'schedule' });
    expect(await startByJob()).to.include({ state: 'running' });
    await house.stop('bot');
    expect(await stopByJob()).to.include({ state: 'stopped', reason: 'operator', changed: false });
    const refused = await rpcFailure(startByJob());
    expect(refused.code).to.equal(-32007);
    expect(refused.data).to.deep.equal({ reason: 'operator' });
    expect(refused.message).to.match(/"bot" was stopped by an operator/);
  });

  it('tells how its work has ended, and nothing of one that is to run always', async () => {
    const policy = 'on_failure' as const;
    const modules = {
      work: { restart: { policy } },
      done: { command: fixture('exits-with.sh', '0'), restart: { policy } },
      bad: { command: fixture('exits-with.sh', '3'), restart: { policy, maxRestarts: 0 } },
      forever: {},
    };
    house = await TestHouse.open({ modules, autostart: ['done', 'bad', 'forever'] });
    schedule = new ScheduledModules(house.supervisor);
    expect(await schedule.endOf('done', signal)).to.deep.equal({ status: 'done' });
    expect(await schedule.endOf('bad', signal)).to.deep.equal({
      status: 'failed',
      why: 'exited with code 3',
    });
    expect(await schedule.endOf('work', signal)).to.deep.equal({ status: 'interrupted' });
    await house.start('work');
    const stopped = schedule.endOf('work', signal);
    await house.stop('work');
    expect(await stopped).to.deep.equal({ status: 'interrupted' });
    expect([schedule.endOf('forever', signal), schedule.endOf('nobody', signal)]).to.deep.equal([
      null,
      null,
    ]);
  });
});
