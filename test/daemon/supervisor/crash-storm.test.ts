import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { failed } from '../../../daemon/alerts/life-alerts.ts';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { rpcFailure, type TestHouse } from './house.ts';
import { crash, stageKeeper } from './stage.ts';
import { houseOfOneBot } from './temporary-houses.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

/** As in the configuration's defaults, but for chance. */
const restart = { maxRestarts: 5, baseDelayMs: 1000, maxDelayMs: 60_000, resetAfterMs: 3_600_000 };
const crashing: ModuleOptions = {
  command: fixture('exits-with.sh', '7'),
  ready: { kind: 'after', afterMs: 1000, timeoutMs: 30_000 },
  restart,
};

describe('a crash storm', () => {
  const open = houseOfOneBot();

  /** Lets every delay pass until the module has failed. */
  async function untilFailed(life: TestHouse): Promise<void> {
    for (let run = life.launchCount('bot'); life.status('bot').state !== 'failed'; run++) {
      await life.reaches('bot', ({ state }) => state === 'restarting' || state === 'failed');
      const { state, next_restart_at: next } = life.status('bot');
      if (state !== 'restarting') break;
      await life.clock.advance(Date.parse(next!) - life.clock.now());
      await life.reaches('bot', () => life.launchCount('bot') > run);
    }
  }

  function alertCount({ transitions }: TestHouse): number {
    return transitions.filter((transition) => failed(transition) !== null).length;
  }

  it('is over after six runs: failed, every crash counted, one critical alert', async () => {
    const life = await open(crashing, { autostart: ['bot'] });
    await untilFailed(life);
    expect(life.status('bot')).to.include({
      state: 'failed',
      reason: 'restart_limit',
      restart_count: 5,
      last_error: 'exited with code 7',
      next_restart_at: null,
    });
    expect(life.launchCount('bot')).to.equal(6);
    expect(life.occurrences.filter(({ kind }) => kind === 'exit')).to.have.length(6);
    expect(alertCount(life)).to.equal(1);
    await life.clock.advance(86_400_000);
    expect(life.launchCount('bot')).to.equal(6);
  });

  it('counts slow crashes too: those after runs that are shorter than reset_after', async () => {
    const life = await open({ restart }, { keeper: stageKeeper });
    await life.start('bot');
    const runMs = restart.resetAfterMs - 1;
    for (let crash = 1; crash <= 5; crash++) {
      crashAfter(life, runMs);
      expect(life.status('bot')).to.include({ state: 'restarting', restart_count: crash - 1 });
      await life.clock.advance(60_000);
      await life.reaches('bot', 'running');
      expect(life.status('bot').restart_count).to.equal(crash);
    }
    crashAfter(life, runMs);
    expect(life.status('bot')).to.include({ state: 'failed', reason: 'restart_limit' });
    expect(alertCount(life)).to.equal(1);
  });

  it('is tried again by retry_failed at the time that next_restart_at says, without a new alert', async () => {
    const life = await open({ ...crashing, restart: { maxRestarts: 0, retryFailedMs: 600_000 } });
    await rpcFailure(life.start('bot'));
    for (let launches = 1; launches <= 3; launches++) {
      const { state, next_restart_at: next } = life.status('bot');
      expect(state).to.equal('failed');
      expect(Date.parse(next!) - life.clock.now()).to.equal(600_000);
      await life.clock.advance(600_000);
      await life.reaches('bot', (now) => now.state === 'failed' && now.next_restart_at !== next);
      expect(life.launchCount('bot')).to.equal(launches + 1);
    }
    expect(life.status('bot').restart_count).to.equal(0);
    expect(alertCount(life)).to.equal(1);
  });

  it('raises another alert when a retry had worked and the module failed again', async () => {
    const failing = { maxRestarts: 0, retryFailedMs: 600_000 };
    const life = await open({ restart: failing }, { keeper: stageKeeper });
    await life.start('bot');
    crashAfter(life, 1000);
    await life.clock.advance(600_000);
    await life.reaches('bot', 'running');
    crashAfter(life, 1000);
    expect(alertCount(life)).to.equal(2);
  });

  it('is tried again at the promised time by the next daemon', async () => {
    const life = await open({ ...crashing, restart: { maxRestarts: 0, retryFailedMs: 600_000 } });
    await rpcFailure(life.start('bot'));
    const { next_restart_at: promised } = life.status('bot');
    await life.clock.advance(200_000);
    await life.daemonDies();
    await life.daemonReturns();
    expect(life.status('bot')).to.include({ state: 'failed', next_restart_at: promised });
    await life.clock.advance(399_000);
    expect(life.launchCount('bot')).to.equal(1);
    await life.clock.advance(1000);
    await life.reaches('bot', () => life.launchCount('bot') === 2);
  });

  it('is not tried again by a daemon whose configuration has no retry_failed any more', async () => {
    const life = await open({ ...crashing, restart: { maxRestarts: 0, retryFailedMs: 600_000 } });
    await rpcFailure(life.start('bot'));
    await life.daemonDies();
    await life.daemonReturns({ modules: { bot: { ...crashing, restart: { maxRestarts: 0 } } } });
    expect(life.status('bot')).to.include({ state: 'failed', next_restart_at: null });
    await life.clock.advance(86_400_000);
    expect(life.launchCount('bot')).to.equal(1);
  });
});

describe('a module for which no keeper can be started', () => {
  const open = houseOfOneBot();

  it('waits without counting it as its own crashes, says why, and starts when there is one', async () => {
    const life = await open({ restart: { maxRestarts: 1 } });
    // Where a starting keeper would listen.
    const { socket } = keeperFiles(life.home);
    rmSync(socket);
    mkdirSync(socket);
    await life.killKeeper();
    const error = await rpcFailure(life.start('bot'));
    expect(error.message).to.match(/no keeper can be reached or started: .*k1\.sock/);
    expect(error.data).to.include({ state: 'restarting' });
    for (let tries = 2; tries <= 8; tries++) {
      const waiting = await life.reaches('bot', 'restarting');
      expect(waiting).to.include({ reason: 'no_keeper', restart_count: 0, wanted: 'up' });
      expect(waiting.last_error).to.match(/no keeper/);
      await life.clock.advance(5000);
      await life.reaches('bot', () => life.launchCount('bot') === tries);
    }
    await life.reaches('bot', 'restarting');
    rmdirSync(socket);
    await life.clock.advance(5000);
    expect(await life.reaches('bot', 'running')).to.include({ restart_count: 0 });
    expect(life.liveLaunches('bot')).to.have.length(1);
  });
});

function crashAfter(house: TestHouse, uptimeMs: number): void {
  crash(house, 'bot', uptimeMs);
}
