import { expect } from 'chai';
import { describe, it } from 'mocha';
import { rpcFailure } from './house.ts';
import { houseOfOneBot } from './temporary-houses.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

const linked: ModuleOptions = { ready: { kind: 'link', timeoutMs: 30_000 } };
const crashing = (code = 3): ModuleOptions => ({
  ...linked,
  command: fixture('exits-with.sh', String(code)),
});

describe('the life of a module', () => {
  const open = houseOfOneBot();

  it('begins by itself with autostart', async () => {
    const life = await open({}, { autostart: ['bot'] });
    const { wanted, pid } = await life.reaches('bot', 'running');
    expect({ wanted, live: life.liveLaunches('bot').length }).to.deep.equal({
      wanted: 'up',
      live: 1,
    });
    expect(pid).to.be.a('number');
  });

  it('is told transition by transition, in order: up, crash, up again, down (row 51)', async () => {
    const life = await open({});
    await life.start('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    await life.stop('bot');
    const first = ['starting', 'running', 'restarting'];
    const states = [...first, 'starting', 'running', 'stopping', 'stopped'];
    expect(life.transitions.map(({ to }) => to)).to.deep.equal(states);
    expect(life.transitions.map(({ from }) => from)).to.deep.equal([
      'stopped',
      ...states.slice(0, -1),
    ]);
  });

  it('is ready after it stayed up for the time of ready.after', async () => {
    const life = await open({ ready: { kind: 'after', afterMs: 1000, timeoutMs: 30_000 } });
    const started = life.start('bot');
    await life.reaches('bot', ({ pid }) => pid !== null);
    await life.clock.advance(999);
    expect(life.status('bot').state).to.equal('starting');
    await life.clock.advance(1);
    expect(await started).to.include({ state: 'running', changed: true, restart_count: 0 });
  });

  it('is ready as soon as its link says so, also before the keeper has answered', async () => {
    const life = await open(linked);
    const started = life.start('bot');
    life.module('bot').linkSaysReady(life.module('bot').life.facts.launch!.id);
    expect(await started).to.include({ state: 'running' });
  });

  it('goes through every delay, and ends after five restarts, which are six runs (row 54)', async () => {
    const life = await open(crashing());
    const error = await rpcFailure(life.start('bot'));
    expect(error).to.include({ code: -32003 });
    expect(error.data).to.deep.equal({
      state: 'restarting',
      exit_code: 3,
      signal: null,
      output: ['some words', 'the last words'],
    });
    const delays: number[] = [];
    for (;;) {
      const status = await life.reaches('bot', ({ state }) => /restarting|failed/.test(state));
      if (status.state === 'failed') break;
      const delayMs = Date.parse(status.next_restart_at!) - life.clock.now();
      delays.push(delayMs);
      await life.clock.advance(delayMs);
    }
    expect(delays).to.deep.equal([1000, 2000, 4000, 8000, 16_000]);
    expect(life.launchCount('bot')).to.equal(6);
    expect(life.status('bot')).to.include({ reason: 'restart_limit', restart_count: 5 });
    expect(life.status('bot').last_exit).to.include({ code: 3, signal: null, reason: null });
  });

  const ends: [number, ModuleOptions['restart'], string, string | null][] = [
    [0, { policy: 'on_failure' }, 'stopped', 'finished'],
    [0, { policy: 'never' }, 'stopped', 'finished'],
    [0, { policy: 'always' }, 'restarting', 'exited with code 0'],
    [3, { policy: 'never' }, 'failed', 'crashed'],
    [78, { policy: 'always', retryFailedMs: 1000 }, 'failed', 'exit_78'],
    [79, { policy: 'always' }, 'stopped', 'halted'],
  ];
  for (const [code, restart, state, reason] of ends) {
    it(`is ${state} (${String(reason)}) after code ${code} under ${restart!.policy}`, async () => {
      const life = await open({ ...crashing(code), restart: restart! });
      await life.start('bot', { wait: false });
      const status = await life.reaches('bot', (s) => !/^(starting|stopping)$/.test(s.state));
      expect(status).to.include({ state, reason });
      const up = state === 'restarting' || state === 'failed';
      expect(status.wanted).to.equal(up ? 'up' : 'down');
      if (state === 'restarting') return;
      await life.clock.advance(3_600_000);
      expect(life.launchCount('bot')).to.equal(1);
    });
  }

  it('counts a start as a success when it did its work before it was ready', async () => {
    const life = await open({ ...crashing(0), restart: { policy: 'on_failure' } });
    expect(await life.start('bot')).to.include({ state: 'stopped', reason: 'finished' });
  });

  it('is wanted by nobody, not even the operator who started it, when it has finished', async () => {
    const life = await open({ ...crashing(0), restart: { policy: 'on_failure' } });
    await life.start('bot');
    expect(life.module('bot').life.facts.operator).to.equal(null);
  });

  it('is failed with start_timeout when it does not get ready under policy never', async () => {
    const life = await open({ ...linked, restart: { policy: 'never' } });
    const started = rpcFailure(life.start('bot', { timeoutMs: 60_000 }));
    await life.reaches('bot', ({ pid }) => pid !== null);
    await life.clock.advance(30_000);
    const error = await started;
    expect(error.message).to.match(/not ready within 30 s/);
    expect(error.data).to.include({ state: 'failed', signal: 'SIGTERM' });
    expect(life.status('bot')).to.include({ reason: 'start_timeout' });
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('says that its link was refused when it does not get ready after that', async () => {
    const life = await open({ ...linked, restart: { policy: 'never' } });
    const started = rpcFailure(life.start('bot', { timeoutMs: 60_000 }));
    await life.reaches('bot', ({ pid }) => pid !== null);
    const bot = life.module('bot').life;
    bot.linkWasRefused('an earlier launch', 'something else');
    bot.linkWasRefused(bot.facts.launch!.id, '"bot" cannot claim "old.status"');
    await life.clock.advance(30_000);
    const { message } = await started;
    expect(message).to.include(
      'not ready within 30 s: its link was refused: "bot" cannot claim "old.status"',
    );
    expect(life.status('bot').last_error).to.not.include('something else');
  });

  it('forgets its restarts after a run as long as reset_after (row 55)', async () => {
    const life = await open({});
    await life.start('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    expect(life.status('bot').restart_count).to.equal(1);
    await life.clock.advance(3_599_000);
    expect(life.status('bot').restart_count).to.equal(1);
    await life.clock.advance(10_000);
    expect(life.status('bot').restart_count).to.equal(0);
  });

  it('is tried again by retry_failed, with its count kept', async () => {
    const restart = { maxRestarts: 0, retryFailedMs: 600_000 };
    const life = await open({ ...crashing(), restart });
    await rpcFailure(life.start('bot'));
    expect(life.status('bot')).to.include({ state: 'failed', wanted: 'up' });
    await life.clock.advance(600_000);
    await life.reaches('bot', ({ last_exit }) => last_exit !== null);
    await life.reaches('bot', 'failed');
    expect(life.launchCount('bot')).to.equal(2);
    expect(life.status('bot').restart_count).to.equal(0);
  });

  it('cannot be launched when its program is not there, and says so', async () => {
    const life = await open({ command: ['/no/such/program'] });
    const error = await rpcFailure(life.start('bot'));
    expect(error.data).to.deep.include({ state: 'import_failed', exit_code: null, output: [] });
    await life.clock.advance(3_600_000);
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('cannot be loaded when its last words say that a module is missing (row 57)', async () => {
    const script = 'echo "ModuleNotFoundError: No module named \'x\'" >&2; exit 1';
    const life = await open({ ...linked, command: ['/bin/sh', '-c', script] });
    const error = await rpcFailure(life.start('bot'));
    expect(error.data).to.include({ state: 'import_failed', exit_code: 1 });
    expect(life.status('bot').last_error).to.match(/No module named 'x'/);
  });

  it('stays down after it halted, until an operator starts it', async () => {
    const life = await open({}, { autostart: ['bot'] });
    await life.reaches('bot', 'running');
    life.module('bot').halt('daily loss limit');
    const halted = await life.reaches('bot', 'stopped');
    expect(halted).to.include({
      reason: 'halted',
      wanted: 'down',
      last_error: 'daily loss limit',
    });
    expect(await life.start('bot')).to.include({ state: 'running', last_error: null });
  });

  it('leaves nothing behind when it is stopped between two runs', async () => {
    const command = fixture('leaves-children.sh');
    const life = await open({ ...linked, command, stop: { timeoutMs: 200 } });
    await rpcFailure(life.start('bot'));
    expect(life.status('bot').state).to.equal('restarting');
    expect(await life.stop('bot')).to.include({ state: 'stopped', reason: 'operator' });
    expect(life.liveLaunches('bot')).to.be.empty;
    await life.clock.advance(3_600_000);
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('is stopped by the end of the daemon and still wanted', async () => {
    const life = await open({});
    await life.start('bot');
    expect(await life.supervisor.stopAll(60_000)).to.deep.equal([]);
    expect(life.status('bot')).to.include({ state: 'stopped', reason: 'shutdown', wanted: 'up' });
  });
});
