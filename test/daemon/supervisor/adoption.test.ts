import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readState } from '../../../daemon/state-store.ts';
import { until } from '../../support/until.ts';
import type { TestHouse } from './house.ts';
import { houseOfOneBot } from './temporary-houses.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

const stubborn: ModuleOptions = { command: fixture('ignores-term.sh'), stop: { timeoutMs: 300 } };

/** What a daemon asks of the keeper and dies before it has sent it. */
const neverSaid = (): Promise<void> => new Promise(() => undefined);

describe('a module whose daemon or keeper dies', () => {
  const open = houseOfOneBot();

  async function kill(life: TestHouse): Promise<void> {
    const [launch] = life.liveLaunches('bot');
    process.kill(life.status('bot').pid!, 'SIGKILL');
    await until('it to be gone', () => !life.liveLaunches('bot').includes(launch!));
  }

  it('runs on under the next daemon with its pid, restart count and params', async () => {
    const life = await open({ params: { speed: 1 } });
    await life.start('bot', { params: { mode: 'paper' } });
    await kill(life);
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    const before = await life.reaches('bot', 'running');
    await life.daemonDies();
    await life.daemonReturns();
    const { pid, started_at } = before;
    const params = { speed: 1, mode: 'paper' };
    expect(await life.reaches('bot', 'running')).to.deep.include({
      pid,
      started_at,
      params,
      restart_count: 1,
      wanted: 'up',
    });
    expect(life.launchCount('bot')).to.equal(2);
  });

  it('is restarted by its policy when it ended meanwhile, with its exit told', async () => {
    const life = await open({});
    await life.start('bot');
    await life.daemonDies(() => kill(life));
    await life.daemonReturns();
    const status = await life.reaches('bot', 'restarting');
    expect(status).to.include({ restart_count: 0 });
    expect(status.last_exit).to.include({ code: null, signal: 'SIGKILL', reason: null });
    await life.clock.advance(1000);
    expect(await life.reaches('bot', 'running')).to.include({ restart_count: 1 });
  });

  it('has its crash counted once when the daemon died before the keeper had forgotten it', async () => {
    const life = await open({}, { keeper: () => ({ forget: neverSaid }) });
    await life.start('bot');
    await kill(life);
    const { next_restart_at, last_exit } = await life.reaches('bot', 'restarting');
    await life.daemonDies();
    life.transitions.length = life.occurrences.length = 0;
    await life.daemonReturns();
    const known = { next_restart_at, last_exit, restart_count: 0 };
    expect(life.status('bot')).to.deep.include({ state: 'restarting', ...known });
    expect([...life.transitions, ...life.occurrences]).to.be.empty;
    await life.clock.advance(1000);
    expect(await life.reaches('bot', 'running')).to.include({ restart_count: 1 });
  });

  it('stays given up when the daemon died before the keeper had forgotten its last crash', async () => {
    const keeper = () => ({ forget: neverSaid });
    const life = await open({ restart: { maxRestarts: 0 } }, { keeper });
    await life.start('bot');
    await kill(life);
    await life.reaches('bot', 'failed');
    await life.daemonDies();
    life.transitions.length = 0;
    await life.daemonReturns();
    expect(life.status('bot').state).to.equal('failed');
    expect(life.transitions).to.be.empty;
  });

  it('is not forgiven its restarts for the time in which nobody saw it dead', async () => {
    const life = await open({});
    await life.start('bot');
    await kill(life);
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    await life.daemonDies(() => kill(life));
    await life.clock.advance(7_200_000);
    await life.daemonReturns();
    expect(await life.reaches('bot', 'restarting')).to.include({ restart_count: 1 });
  });

  it('gets ready under the next daemon in what is left of its time', async () => {
    const life = await open({ ready: { kind: 'after', afterMs: 600_000, timeoutMs: 900_000 } });
    await life.start('bot', { wait: false });
    const { pid } = await life.reaches('bot', (status) => status.pid !== null);
    await life.clock.advance(500_000);
    await life.daemonDies();
    await life.daemonReturns();
    expect(life.status('bot')).to.include({ state: 'starting', pid });
    // Far less than the whole time; a minute more than the rest, for what starting it has taken.
    await life.clock.advance(160_000);
    expect(life.status('bot')).to.include({ state: 'running', pid });
  });

  it('is ended by the next daemon when it was being stopped', async () => {
    const life = await open({ ...stubborn, stop: { timeoutMs: 1500 } });
    await life.start('bot');
    await life.stop('bot', { wait: false });
    await life.daemonDies();
    await life.daemonReturns();
    const status = await life.reaches('bot', 'stopped');
    expect(status).to.include({ reason: 'operator', wanted: 'down' });
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('counts as stopped, not as crashed, when the stop ended while no daemon was there', async () => {
    const life = await open({});
    await life.start('bot');
    await life.stop('bot', { wait: false });
    await life.daemonDies(() => until('it to end', () => life.liveLaunches('bot').length === 0));
    life.transitions.length = 0;
    await life.daemonReturns();
    await life.reaches('bot', 'stopped');
    expect(life.path('bot')).not.to.match(/restarting|failed/);
    expect(life.status('bot')).to.include({ reason: 'operator' });
  });

  it('waits out the rest of its delay, however the wall clock was set', async () => {
    const life = await open({});
    await life.start('bot');
    await kill(life);
    const { next_restart_at } = await life.reaches('bot', 'restarting');
    await life.daemonDies();
    await life.daemonReturns();
    expect(life.status('bot').state).to.equal('restarting');
    const leftMs = Date.parse(next_restart_at!) - life.clock.now();
    expect(leftMs).to.be.at.most(1000);
    await life.clock.advance(1000);
    expect(await life.reaches('bot', 'running')).to.include({ restart_count: 1 });
  });

  it('is ended when it is disabled or wanted by nobody any more', async () => {
    const life = await open({}, { autostart: ['bot'] });
    await life.reaches('bot', 'running');
    await life.daemonDies();
    await life.daemonReturns({ modules: { bot: { enabled: false } } });
    expect(await life.reaches('bot', 'stopped')).to.include({ reason: 'disabled' });
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('is ended when it is no longer configured', async () => {
    const life = await open({});
    await life.start('bot');
    await life.daemonDies();
    await life.daemonReturns({ modules: {} });
    await life.supervisor.stopAll(60_000);
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('keeps its pid when the keeper dies, and is ended by the next one', async () => {
    const life = await open({});
    const { pid } = await life.start('bot');
    const launches = life.liveLaunches('bot');
    const { keeperPid } = life;
    await life.killKeeper();
    await until('another keeper', () => life.keeperPid !== keeperPid);
    expect(life.status('bot')).to.include({ state: 'running', pid });
    expect(life.liveLaunches('bot')).to.deep.equal(launches);
    expect(await life.stop('bot')).to.include({ state: 'stopped' });
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('counts as crashed, by whatever, when it dies with the keeper', async () => {
    const life = await open({});
    const { pid } = await life.start('bot');
    process.kill(life.keeperPid, 'SIGKILL');
    process.kill(pid!, 'SIGKILL');
    const { last_exit } = await life.reaches('bot', 'restarting');
    expect(last_exit).to.include({ code: null, signal: null, reason: 'custody_lost' });
  });

  it('is launched once when the keeper dies during the spawn', async () => {
    const life = await open({});
    const started = life.start('bot');
    process.kill(life.keeperPid, 'SIGKILL');
    expect(await started).to.include({ state: 'running' });
    // Its environment reads as empty in the middle of an exec.
    await until('it is seen', () => life.liveLaunches('bot').length > 0);
    expect(life.liveLaunches('bot')).to.have.length(1);
  });

  it('is gone when the keeper dies during the stop', async () => {
    const life = await open(stubborn);
    await life.start('bot');
    const stopped = life.stop('bot');
    process.kill(life.keeperPid, 'SIGKILL');
    expect(await stopped).to.include({ state: 'stopped', reason: 'operator' });
    expect(life.liveLaunches('bot')).to.be.empty;
  });

  it('is ended and started once when both died', async () => {
    const life = await open({});
    const { pid } = await life.start('bot');
    await life.daemonDies(() => life.killKeeper());
    await life.daemonReturns();
    const status = await life.reaches('bot', (s) => s.state === 'running' && s.pid !== pid);
    expect(status).to.include({ restart_count: 0 });
    expect(life.liveLaunches('bot')).to.have.length(1);
  });

  it('is remembered with its restart count before it is launched', async () => {
    const remembered: (number | undefined)[] = [];
    const life = await open(
      {},
      {
        keeper: ({ spawn }) => ({
          spawn: (spec) => {
            const { modules } = readState(life.paths.state).state;
            remembered.push(modules['bot']?.restart_count);
            return spawn(spec);
          },
        }),
      },
    );
    await life.start('bot');
    await kill(life);
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    expect(remembered).to.deep.equal([0, 1]);
  });

  it('is still being stopped, and not failed, for a daemon that has left in the middle of it', async () => {
    const life = await open({ ...stubborn, stop: { timeoutMs: 60_000 } });
    await life.start('bot');
    await life.stop('bot', { wait: false });
    const { supervisor } = life;
    await life.daemonDies();
    await nextTurn();
    expect(supervisor.get('bot').life.state).to.equal('stopping');
  });

  it('does nothing more for a daemon that has left', async () => {
    const life = await open(stubborn);
    await life.start('bot');
    await life.restart('bot', { wait: false });
    life.supervisor.detach();
    await life.reaches('bot', 'stopped');
    await life.clock.advance(0);
    expect(life.status('bot').state).to.equal('stopped');
    expect(life.launchCount('bot')).to.equal(1);
  });
});
