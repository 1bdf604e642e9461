import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rpcFailure, type TestHouse } from './house.ts';
import { houseOfOneBot } from './temporary-houses.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

const linked: ModuleOptions = { ready: { kind: 'link', timeoutMs: 30_000 } };
const stubborn: ModuleOptions = {
  command: fixture('ignores-term.sh'),
  stop: { timeoutMs: 300 },
};

describe('what callers do to a module at the same time', () => {
  const open = houseOfOneBot();

  function saysReady(life: TestHouse): void {
    life.module('bot').linkSaysReady(life.module('bot').life.facts.launch!.id);
  }

  it('starts it once when fifty start it', async () => {
    const life = await open({});
    const answers = await Promise.all(Array.from({ length: 50 }, () => life.start('bot')));
    expect(new Set(answers.map(({ pid }) => pid)).size).to.equal(1);
    expect(answers.filter(({ changed }) => changed)).to.have.length(1);
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('restarts it once when fifty restart it', async () => {
    const life = await open({});
    const { pid } = await life.start('bot');
    const answers = await Promise.all(Array.from({ length: 50 }, () => life.restart('bot')));
    expect(new Set(answers.map((answer) => answer.pid)).size).to.equal(1);
    expect(answers[0]!.pid).not.to.equal(pid);
    expect(life.launchCount('bot')).to.equal(2);
    expect(life.path('bot')).to.equal('starting running stopping stopped starting running');
  });

  it('stops it before it starts it again when a start comes during the stop', async () => {
    const life = await open(stubborn);
    await life.start('bot');
    const stopped = life.stop('bot');
    const started = life.start('bot');
    expect(await stopped).to.include({ state: 'stopped', changed: true });
    expect(await started).to.include({ state: 'running', changed: true });
    expect(life.liveLaunches('bot')).to.have.length(1);
  });

  it('ends what is being launched when a stop comes during the spawn', async () => {
    const life = await open({});
    const started = rpcFailure(life.start('bot'));
    expect(await life.stop('bot')).to.include({ state: 'stopped', reason: 'operator' });
    expect(await started).to.include({ code: -32003 });
    expect((await started).message).to.match(/it was stopped before it was ready/);
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('answers all three when stop and start come during the spawn', async () => {
    const life = await open({});
    const first = life.start('bot');
    const stopped = life.stop('bot');
    const second = life.start('bot');
    expect(await stopped).to.include({ state: 'stopped' });
    const pids = [(await first).pid, (await second).pid];
    expect(pids[0]).to.equal(pids[1]);
    expect(life.status('bot')).to.include({ state: 'running', wanted: 'up' });
    expect(life.launchCount('bot')).to.equal(2);
  });

  it('joins a start with a restart that is under way, and keeps its params', async () => {
    const life = await open({ ...stubborn, params: { speed: 1 } });
    await life.start('bot');
    const restarted = life.restart('bot', { params: { speed: 2 } });
    const started = life.start('bot');
    expect(await started).to.deep.include({ changed: false, params: { speed: 2 } });
    expect((await restarted).pid).to.equal((await started).pid);
  });

  it('launches anew when it ends by itself while a restart waits for the spawn', async () => {
    const command = fixture('exits-with.sh', '3');
    const life = await open({ ...linked, command, restart: { policy: 'never' } });
    const started = rpcFailure(life.start('bot'));
    const restarted = rpcFailure(life.restart('bot'));
    expect(await restarted).to.include({ code: -32003 });
    expect(await started).to.include({ code: -32003 });
    expect(life.launchCount('bot')).to.equal(2);
  });

  it('cancels the pending restart when a stop comes during the delay', async () => {
    const life = await open({});
    await life.start('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    const stopped = await life.stop('bot');
    expect(stopped).to.include({ state: 'stopped', changed: true, next_restart_at: null });
    await life.clock.advance(3_600_000);
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('starts at once when an operator does not wait for the delay', async () => {
    const life = await open({});
    await life.start('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    const started = await life.start('bot');
    expect(started).to.include({ state: 'running', changed: true, restart_count: 0 });
    await life.clock.advance(3_600_000);
    expect(life.launchCount('bot')).to.equal(2);
  });

  it('starts anew when an operator asks while a start that was too slow is ended', async () => {
    const life = await open({ ...stubborn, ...linked, restart: { policy: 'never' } });
    await life.start('bot', { wait: false });
    await life.reaches('bot', ({ pid }) => pid !== null);
    await life.clock.advance(30_000);
    expect(life.status('bot')).to.include({ state: 'stopping', reason: 'start_timeout' });
    const started = life.start('bot');
    await life.reaches('bot', ({ state, pid }) => state === 'starting' && pid !== null);
    saysReady(life);
    expect(await started).to.include({ state: 'running' });
    expect(life.path('bot')).not.to.contain('failed');
  });

  it('stops without a failure when the stop comes while a slow start is ended', async () => {
    const life = await open({ ...stubborn, ...linked, restart: { policy: 'never' } });
    await life.start('bot', { wait: false });
    await life.reaches('bot', ({ pid }) => pid !== null);
    await life.clock.advance(30_000);
    expect(await life.stop('bot')).to.include({ state: 'stopped', reason: 'operator' });
    expect(life.path('bot')).to.equal('starting stopping stopped');
  });

  it('kills it at once when a stop without grace comes, also during a graceful one', async () => {
    const life = await open({ ...stubborn, stop: { timeoutMs: 60_000 } });
    await life.start('bot');
    const slow = life.stop('bot');
    const fast = life.stop('bot', { graceful: false });
    expect(await fast).to.include({ state: 'stopped' });
    expect((await slow).last_exit).to.include({ signal: 'SIGKILL' });
  });

  it('does not launch it again when the daemon ends during a restart', async () => {
    const life = await open(stubborn);
    await life.start('bot');
    const restarted = rpcFailure(life.restart('bot'));
    expect(await life.supervisor.stopAll(60_000)).to.deep.equal([]);
    expect(await restarted).to.include({ code: -32003 });
    expect(life.status('bot')).to.include({ state: 'stopped', reason: 'shutdown', wanted: 'up' });
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('reports what survived SIGKILL, and does not call it stopped (row 67)', async () => {
    let survivors = [{ pid: 4711, command: 'unkillable' }];
    const life = await open(
      {},
      {
        keeper: ({ stopTree }) => ({
          stopTree: async (...args) => [...(await stopTree(...args)), ...survivors],
        }),
      },
    );
    await life.start('bot');
    const error = await rpcFailure(life.stop('bot'));
    expect(error).to.include({ code: -32007 });
    expect(error.message).to.match(/survived SIGKILL: pid 4711 \(unkillable\)/);
    expect(life.status('bot')).to.include({ state: 'failed', reason: 'stop_failed' });
    survivors = [];
    expect(await life.stop('bot')).to.include({ state: 'stopped', reason: 'operator' });
  });

  it('answers a restart when the old launch survives SIGKILL', async () => {
    const survivors = [{ pid: 4711, command: 'unkillable' }];
    const life = await open({}, { keeper: () => ({ stopTree: () => Promise.resolve(survivors) }) });
    await life.start('bot');
    const error = await rpcFailure(life.restart('bot'));
    expect(error).to.include({ code: -32003 });
    expect(life.liveLaunches('bot').length).to.be.at.most(1);
  });

  it('lets it run when its pid file cannot be written', async () => {
    const showPid = (): void => {
      throw new Error('ENOSPC: no space left on device');
    };
    const life = await open({}, { showPid });
    expect(await life.start('bot')).to.include({ state: 'running' });
    expect(life.faults.join()).to.match(/write its pid file.*ENOSPC/);
    expect(life.liveLaunches('bot')).to.have.length(1);
  });
});
