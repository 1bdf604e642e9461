import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Configuration } from '../../../daemon/configuration.ts';
import { daemonStatus } from '../../../daemon/daemon-status.ts';
import type { ModuleStatus } from '../../../rpc/shapes.ts';
import type { TestHouse } from './house.ts';
import { crash, stageKeeper } from './stage.ts';
import { temporaryHouses } from './temporary-houses.ts';
import type { ModuleOptions } from './test-module.ts';

const names = Array.from({ length: 30 }, (_, n) => `bot-${n}`);

describe('an avalanche of restarts (row 58)', () => {
  const openHouse = temporaryHouses();

  async function open(options: ModuleOptions = {}): Promise<TestHouse> {
    const life = await openHouse({
      modules: Object.fromEntries(names.map((name) => [name, options])),
      autostart: names,
      keeper: stageKeeper,
    });
    await Promise.all(names.map((name) => life.reaches(name, 'running')));
    // Past the time in which much settles.
    await life.clock.advance(300_000);
    return life;
  }

  const isSettled = ({ state }: ModuleStatus) => state !== 'starting';

  const launches = (life: TestHouse) =>
    life.transitions.filter(({ event }) => event === 'launch').length;

  const statusOf = ({ clock: system, paths, supervisor }: TestHouse) => {
    const configuration = { dir: '', profile: null } as unknown as Configuration;
    return daemonStatus({ system, paths, configuration, supervisor, endpoint: () => '' })();
  };

  const statesOf = (life: TestHouse) => new Set(names.map((name) => life.status(name).state));

  /** All crash, are restarted once and crash again: the next restarts are too many. */
  async function trip(life: TestHouse): Promise<void> {
    for (const name of names) crash(life, name, 1000);
    await life.clock.advance(1000);
    await Promise.all(names.map((name) => life.reaches(name, 'running')));
    expect(life.storms).to.deep.equal([]);
    for (const name of names) crash(life, name, 1000);
    await life.clock.advance(2000);
  }

  it('is held over a reload as well: it lets none begin sooner, and forgets none', async () => {
    const life = await open();
    await trip(life);
    const due = names.map((name) => life.status(name).next_restart_at);
    const before = launches(life);
    const taken = names[0] ?? '';
    const { modules, ...others } = life.config;
    const left = new Map([...modules].filter(([name]) => name !== taken));
    life.supervisor.configure({ ...others, modules: left }, new Set());
    await life.clock.advance(1000);
    expect(launches(life)).to.equal(before);
    expect(life.supervisor.names).to.not.include(taken);
    const still = names.slice(1).map((name) => life.status(name).next_restart_at);
    expect(still).to.deep.equal(due.slice(1));
    expect(statusOf(life).restarts_held?.count).to.equal(29);
    await life.clock.advance(150_000);
    await Promise.all(names.slice(1).map((name) => life.reaches(name, 'running')));
    expect(launches(life)).to.equal(before + 29);
  });

  it('is held for two minutes, lost by none, and goes on one by one', async () => {
    const life = await open();
    await trip(life);
    expect(statesOf(life)).to.deep.equal(new Set(['restarting']));
    const untilMs = life.clock.now() + 120_000;
    expect(life.storms).to.deep.equal([{ kind: 'tripped', restarts: 30, untilMs }]);
    expect(life.supervisor.storm).to.deep.equal({ untilMs, held: 30 });
    const until = new Date(untilMs).toISOString();
    expect(statusOf(life).restarts_held).to.deep.equal({ until, count: 30 });
    const due = names.map((name) => Date.parse(life.status(name).next_restart_at ?? ''));
    const steps = due.map((dueMs) => dueMs - untilMs).sort((a, b) => a - b);
    expect(steps).to.deep.equal(names.map((_, n) => n * 1000));
    expect(life.occurrences.filter(({ kind }) => kind === 'held')).to.have.length(30);

    const before = launches(life);
    await life.clock.advance(119_999);
    expect(launches(life)).to.equal(before);
    await life.clock.advance(1);
    expect(life.storms.at(-1)).to.deep.equal({ kind: 'over', held: 30 });
    expect(statusOf(life).restarts_held).to.equal(null);
    expect(launches(life)).to.equal(before + 1);
    await life.clock.advance(1000);
    expect(launches(life)).to.equal(before + 2);
    await life.clock.advance(28_000);
    await Promise.all(names.map((name) => life.reaches(name, 'running')));
    expect(launches(life)).to.equal(before + 30);
    for (const name of names) expect(life.status(name).restart_count).to.equal(2);
  });

  it('does not hold what an operator asks for', async () => {
    const life = await open();
    await trip(life);
    expect(await life.start('bot-7')).to.include({ state: 'running', restart_count: 0 });
    expect(await life.stop('bot-8')).to.include({ state: 'stopped', next_restart_at: null });
    await life.clock.advance(200_000);
    await life.reaches('bot-9', 'running');
    expect(life.status('bot-8').state).to.equal('stopped');
  });

  it('of thirty modules that crash for good takes many minutes, and ends with all of them failed', async () => {
    const life = await open();
    const startedMs = life.clock.now();
    // Each as soon as it runs.
    for (let round = 0; round < 2000; round++) {
      await Promise.all(names.map((name) => life.reaches(name, isSettled)));
      const up = names.filter((name) => life.status(name).state === 'running');
      for (const name of up) crash(life, name, 1000);
      if (names.every((name) => life.status(name).state === 'failed')) break;
      await life.clock.advance(1000);
    }
    expect(statesOf(life)).to.deep.equal(new Set(['failed']));
    expect(launches(life)).to.equal(30 * 6);
    const minutes = (life.clock.now() - startedMs) / 60_000;
    expect(minutes).to.be.within(8, 30);
    expect(life.storms.filter(({ kind }) => kind === 'tripped').length).to.be.within(3, 6);
  });

  it('does not arise from one module without a delay, whatever its limit', async () => {
    const restart = { baseDelayMs: 0, maxDelayMs: 0, maxRestarts: 1_000_000 };
    const life = await open({ restart });
    for (let n = 1; n <= 60; n++) {
      crash(life, 'bot-0', 1000);
      await life.reaches('bot-0', (now) => now.state === 'running' && now.restart_count === n);
    }
    expect(life.storms).to.deep.equal([]);
  });
});
