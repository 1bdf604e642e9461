import { expect } from 'chai';
import { describe, it } from 'mocha';
import { failed } from '../../../daemon/alerts/life-alerts.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import type { HouseOptions, TestHouse } from './house.ts';
import { crash, stageKeeper } from './stage.ts';
import { temporaryHouses } from './temporary-houses.ts';
import { fixture, type ModuleOptions } from './test-module.ts';

type Modules = Readonly<Record<string, ModuleOptions>>;

describe('supervision', () => {
  const openHouse = temporaryHouses();

  const open = (modules: Modules, options: Partial<HouseOptions> = {}): Promise<TestHouse> =>
    openHouse({ modules, ...options });

  /** Modules without processes, which crash when they are told to. */
  function stage(modules: Modules, options: Partial<HouseOptions> = {}): Promise<TestHouse> {
    return open(modules, { keeper: stageKeeper, ...options });
  }

  const delayOf = ({ next_restart_at: next }: ModuleStatus, life: TestHouse) =>
    Date.parse(next ?? '') - life.clock.now();

  it('tries again whatever a program throws, and whatever signal ends it (row 54)', async () => {
    const node = (script: string) => ({ command: [process.execPath, '-e', script] as const });
    const modules = {
      error: node('throw new TypeError("x")'),
      text: node('throw "x"'),
      nothing: node('throw undefined'),
      rejection: node('Promise.reject(null)'),
      aborts: node('process.abort()'),
      segfault: { command: ['/bin/sh', '-c', 'kill -SEGV $$'] as const },
    };
    // None is ready before it ends.
    const ready = { kind: 'link', timeoutMs: 60_000 } as const;
    const named = Object.entries(modules).map(([name, module]) => [name, { ...module, ready }]);
    const life = await open(Object.fromEntries(named) as Modules, {
      autostart: Object.keys(modules),
    });
    for (const name of Object.keys(modules)) {
      const status = await life.reaches(name, 'restarting');
      expect(delayOf(status, life), name).to.equal(1000);
    }
  });

  it('begins again with the shortest delay after a run of more than an hour (row 55)', async () => {
    const life = await stage({ bot: {} });
    await life.start('bot');
    for (const delayMs of [1000, 2000, 4000]) {
      crash(life, 'bot', 1000);
      expect(delayOf(life.status('bot'), life)).to.equal(delayMs);
      await life.clock.advance(delayMs);
      await life.reaches('bot', 'running');
    }
    await life.clock.advance(3_601_000);
    crash(life, 'bot', 3_601_000);
    expect(life.status('bot')).to.include({ state: 'restarting', restart_count: 0 });
    expect(delayOf(life.status('bot'), life)).to.equal(1000);
  });

  it('gives up at the first crash under policy never (row 56)', async () => {
    const life = await stage({ bot: { restart: { policy: 'never' } } });
    await life.start('bot');
    crash(life, 'bot', 1000);
    expect(life.status('bot')).to.include({ state: 'failed', reason: 'crashed', wanted: 'up' });
    await life.clock.advance(86_400_000);
    expect(life.launchCount('bot')).to.equal(1);
  });

  it('never tries again what cannot be loaded, until it is told to (row 57)', async () => {
    const script = 'echo "ModuleNotFoundError: No module named \'x\'" >&2; exit 1';
    const life = await open(
      { bot: { command: ['/bin/sh', '-c', script], ready: { kind: 'link', timeoutMs: 60_000 } } },
      { autostart: ['bot'] },
    );
    await life.reaches('bot', 'import_failed');
    await life.clock.advance(86_400_000);
    expect(life.launchCount('bot')).to.equal(1);
    const forced = life.restart('bot', { force: true, wait: false });
    await life.reaches(
      'bot',
      (now) => now.state === 'import_failed' && life.launchCount('bot') > 1,
    );
    await forced;
  });

  it('ends dependants of what has failed, and starts each once when that is back, one by one (row 58)', async () => {
    const on = (...names: string[]) => ({
      dependsOn: new Map(names.map((name) => [name, 'ready' as const])),
    });
    const life = await stage(
      {
        db: { restart: { maxRestarts: 0, retryFailedMs: 600_000 } },
        a: on('db'),
        b: on('db'),
        c: on('db'),
        // Through others, and on two ways.
        view: on('c', 'db'),
      },
      { autostart: ['a', 'b', 'c', 'view'] },
    );
    const dependants = ['a', 'b', 'c', 'view'];
    await Promise.all(dependants.map((name) => life.reaches(name, 'running')));
    crash(life, 'db', 1000);
    for (const name of dependants) {
      await life.reaches(name, 'stopped');
      expect(life.status(name)).to.include({ reason: 'dependency_failed', wanted: 'up' });
    }
    const spawned: [string, number][] = [];
    for (const name of dependants) {
      life.module(name).life.watch(() => {
        const { launched } = life.module(name).life;
        const isKnown = spawned.some(([other]) => other === name);
        if (launched && !isKnown) spawned.push([name, life.clock.now()]);
      });
    }
    await life.clock.advance(600_000);
    await life.reaches('db', 'running');
    await life.reaches('a', 'running');
    const backMs = life.clock.now();
    for (const name of ['b', 'c', 'view']) {
      expect(life.status(name)).to.include({ state: 'starting', pid: null });
    }
    for (const name of ['b', 'c']) {
      await life.clock.advance(1000);
      await life.reaches(name, 'running');
    }
    await life.reaches('view', 'running');
    expect(spawned.map(([name, atMs]) => [name, atMs - backMs])).to.deep.equal([
      ['a', 0],
      ['b', 1000],
      ['c', 2000],
      // It waits for its own alone, and that is the first of those.
      ['view', 2000],
    ]);
    await life.clock.advance(60_000);
    for (const name of dependants) expect(life.launchCount(name), name).to.equal(2);
  });

  it('does not start dependants in their turn when what had come back has failed again (row 58)', async () => {
    const dependsOn = new Map([['db', 'ready' as const]]);
    const restart = { maxRestarts: 0, retryFailedMs: 600_000 };
    const life = await stage(
      { db: { restart }, a: { dependsOn }, b: { dependsOn } },
      { autostart: ['a', 'b'] },
    );
    await life.reaches('b', 'running');
    crash(life, 'db', 1000);
    await life.reaches('b', 'stopped');
    await life.clock.advance(600_000);
    await life.reaches('a', 'running');
    const { life: waiting } = life.module('b');
    let launched = waiting.launched;
    waiting.watch(() => (launched ||= waiting.launched));
    crash(life, 'db', 1000);
    const status = await life.reaches('b', 'stopped');
    expect(status).to.include({ reason: 'dependency_failed' });
    await life.clock.advance(60_000);
    expect(life.status('b').state).to.equal('stopped');
    expect(launched).to.equal(false);
  });

  it('leaves down what an operator has stopped, for as long as it takes (row 59)', async () => {
    const life = await stage(
      {
        bot: { restart: { retryFailedMs: 1000 } },
        // Wants it up, and is looked after all the time.
        view: { dependsOn: new Map([['bot', 'ready' as const]]) },
      },
      { autostart: ['bot', 'view'] },
    );
    await life.reaches('view', 'running');
    crash(life, 'bot', 1000);
    await life.stop('bot', { cascade: true });
    const launches = life.launchCount('bot');
    for (let cycle = 0; cycle < 10; cycle++) await life.clock.advance(30_000);
    expect(life.status('bot')).to.include({ state: 'stopped', reason: 'operator', wanted: 'down' });
    await life.daemonDies();
    await life.daemonReturns();
    for (let cycle = 0; cycle < 10; cycle++) await life.clock.advance(30_000);
    expect(life.status('bot')).to.include({ state: 'stopped', reason: 'operator', wanted: 'down' });
    expect(life.launchCount('bot')).to.equal(launches);
  });

  it('shows state, restart count, uptime in seconds and the last error of each (row 62)', async () => {
    const life = await stage({ bot: {}, other: {} }, { autostart: ['bot'] });
    await life.reaches('bot', 'running');
    crash(life, 'bot', 1000);
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    await life.clock.advance(90_500);
    const statuses = life.supervisor.statuses();
    expect(statuses.map(({ module }) => module)).to.deep.equal(['bot', 'other']);
    expect(statuses[0]).to.include({
      state: 'running',
      restart_count: 1,
      uptime: 90.5,
      last_error: 'exited with code 7',
    });
    expect(statuses[1]).to.include({
      state: 'stopped',
      restart_count: 0,
      uptime: null,
      last_error: null,
    });
  });

  it('begins anew with what has failed when it is restarted with force: no count, no error, running (row 63)', async () => {
    const life = await stage({ bot: { restart: { maxRestarts: 1 } } });
    await life.start('bot');
    crash(life, 'bot', 1000);
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    crash(life, 'bot', 1000);
    expect(life.status('bot')).to.include({ state: 'failed', restart_count: 1 });
    const answer = await life.restart('bot', { force: true });
    expect(answer).to.include({ state: 'running', restart_count: 0, last_error: null });
  });

  it('ends by force what hangs in its end, and looks after the others meanwhile (row 67)', async () => {
    let survive = (): void => undefined;
    const hangs = new Promise<void>((resolve) => (survive = resolve));
    const rules: number[] = [];
    const survivors = [{ pid: 4711, command: 'unkillable' }];
    const life = await open(
      { hung: { command: fixture('ignores-term.sh') }, other: {} },
      {
        autostart: ['other'],
        keeper: ({ stopTree }) => ({
          stopTree: async (name, launch, rule) => {
            if (name !== 'hung') return stopTree(name, launch, rule);
            rules.push(rule.timeoutMs);
            await hangs;
            return survivors;
          },
        }),
      },
    );
    await life.start('hung');
    const stopped = life.stop('hung', { wait: false });
    expect(await life.restart('other')).to.include({ state: 'running' });
    crashByKill(life, 'other');
    await life.reaches('other', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('other', 'running');
    expect(life.status('hung').state).to.equal('stopping');
    survive();
    await stopped;
    const status = await life.reaches('hung', 'failed');
    expect(status).to.include({ reason: 'stop_failed' });
    expect(status.last_error).to.match(/survived SIGKILL: pid 4711/);
    // The keeper has ten seconds to end it, then SIGKILL.
    expect(rules[0]).to.equal(10_000);
    const alerts = life.transitions.flatMap((transition) => failed(transition) ?? []);
    expect(alerts).to.have.length(1);
    expect(alerts[0]).to.include({ severity: 'critical', module: 'hung', type: 'stop_failed' });
  });

  it('restarts at most max_restarts times, no sooner than restart_cooldown, then alerts once (rows 72 and 83)', async () => {
    const restart = { maxRestarts: 3, minDelayMs: 60_000 };
    const life = await stage({ bot: { restart } }, { autostart: ['bot'] });
    await life.reaches('bot', 'running');
    for (let count = 1; count <= 3; count++) {
      crash(life, 'bot', 1000);
      expect(delayOf(life.status('bot'), life)).to.equal(60_000);
      await life.clock.advance(59_999);
      expect(life.launchCount('bot')).to.equal(count);
      await life.clock.advance(1);
      const status = await life.reaches('bot', 'running');
      expect(status.restart_count).to.equal(count);
    }
    crash(life, 'bot', 1000);
    expect(life.status('bot')).to.include({ state: 'failed', reason: 'restart_limit' });
    const alerts = life.transitions.flatMap((transition) => failed(transition) ?? []);
    expect(alerts.map(({ severity, type }) => [severity, type])).to.deep.equal([
      ['critical', 'restart_limit'],
    ]);
    await life.clock.advance(86_400_000);
    expect(life.launchCount('bot')).to.equal(4);
  });
});

function crashByKill(life: TestHouse, name: string): void {
  process.kill(life.status(name).pid ?? expect.fail(), 'SIGKILL');
}
