import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type HostPause, Pauses } from '../../../daemon/host/pauses.ts';
import type { ToldPause } from '../../../daemon/host/told.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function open({ isWatched = true } = {}) {
  const system = new FakeClock();
  const beganMs = system.now();
  const told: HostPause[] = [];
  let begunAnew = 0;
  let sleptMs = 0;
  const pauses = new Pauses({
    system,
    bootMs: () => system.monotonicMs() + sleptMs,
    isWatched: () => isWatched,
    beginAnew: () => (begunAnew += 1),
    onPause: (pause) => told.push(pause),
  });
  /** Of the module, which looks every second, after the host was not run for so long. */
  const pause = (excessMs: number, agoMs = 0): ToldPause => ({
    ...{ kind: 'pause', cause: 'process', actualMs: excessMs + 1000, expectedMs: 1000, excessMs },
    ...{ latencyRatio: excessMs / 1000 + 1, atMs: system.now() - agoMs - excessMs - 1000 },
    ...{ id: 1, culprits: [] },
  });
  return {
    system,
    pauses,
    told,
    pause,
    lost: (stalledMs: number) => pauses.noticed({ stalledMs, suspendedMs: 0 }),
    /** Which of the two knew, of each pause that was told. */
    knew: () => told.map(({ lost, told: said }) => `${lost ? 'own' : ''}${said ? 'module' : ''}`),
    begun: () => begunAnew,
    sleep: (ms: number) => void (sleptMs += ms),
    sinceMs: (atMs: number) => Math.round(atMs - beganMs),
  };
}

describe('a pause of the host', () => {
  it('that the daemon notices is told at once where no module would tell of it', () => {
    const { lost, told, system, sinceMs } = open({ isWatched: false });
    lost(3000);
    expect(told).to.have.length(1);
    expect(told[0]).to.deep.include({ lost: { stalledMs: 3000, suspendedMs: 0 }, told: null });
    expect(sinceMs(told[0]!.beganMs)).to.equal(sinceMs(system.now()) - 3000);
  });

  it('that both notice is told once with what both know, whoever comes first', async () => {
    for (const isModuleFirst of [true, false]) {
      const { pauses, pause, lost, system, told, knew, begun } = open();
      await system.advance(60_000);
      if (isModuleFirst) pauses.told(pause(12_000));
      else lost(11_800);
      expect(told).to.deep.equal([]);
      await system.advance(200);
      if (isModuleFirst) lost(11_900);
      else pauses.told(pause(12_000, 200));
      expect(knew()).to.deep.equal(['ownmodule']);
      await system.advance(60_000);
      expect(told).to.have.length(1);
      // The watchdog itself has done so for its own.
      expect(begun()).to.equal(isModuleFirst ? 1 : 0);
    }
  });

  it('that only one of them notices is told after a moment', async () => {
    const { pauses, pause, lost, system, knew, begun } = open();
    lost(3000);
    await system.advance(1999);
    expect(knew()).to.deep.equal([]);
    await system.advance(1);
    expect(knew()).to.deep.equal(['own']);
    await system.advance(60_000);
    pauses.told(pause(3000));
    await system.advance(250);
    expect(knew()).to.deep.equal(['own', 'module']);
    expect(begun()).to.equal(1);
  });

  it('is not told again when the other word of it comes too late, or comes twice', async () => {
    const { pauses, pause, lost, system, told } = open();
    await system.advance(60_000);
    lost(5000);
    await system.advance(4000);
    pauses.told(pause(5000, 4000));
    pauses.told(pause(5000, 4000));
    await system.advance(60_000);
    pauses.told(pause(5000));
    pauses.told(pause(5000));
    await system.advance(1000);
    lost(5500);
    await system.advance(60_000);
    expect(told).to.have.length(2);
  });

  it('that goes on by fits and starts is one, as long as the module’s word is awaited', async () => {
    const { pauses, pause, lost, system, told, knew } = open();
    await system.advance(60_000);
    lost(5000);
    await system.advance(900);
    lost(800);
    pauses.told(pause(5000, 900));
    await system.advance(60_000);
    expect(knew()).to.deep.equal(['ownmodule']);
    expect(told[0]!.lost).to.deep.equal({ stalledMs: 5800, suspendedMs: 0 });
  });

  it('is another one when it begins after the last one', async () => {
    const { pauses, pause, lost, system, sleep, knew } = open();
    for (let n = 0; n < 3; n++) {
      await system.advance(7000);
      pauses.told(pause(5000));
      lost(5000);
    }
    expect(knew()).to.deep.equal(['ownmodule', 'ownmodule', 'ownmodule']);
    // The clock of the timers stands still while the machine sleeps.
    for (let n = 0; n < 2; n++) {
      sleep(3_600_000);
      await system.advance(3000);
      pauses.noticed({ stalledMs: 0, suspendedMs: 3_600_000 });
      await system.advance(3000);
    }
    expect(knew().slice(3)).to.deep.equal(['own', 'own']);
  });

  it('that the module alone tells of voids checks once in five minutes, so that what hangs is found', async () => {
    const { pauses, pause, system, told, begun } = open();
    for (let n = 0; n < 60; n++) {
      await system.advance(5000);
      pauses.told(pause(3000));
    }
    await system.advance(1000);
    expect(told).to.have.length(60);
    expect(begun()).to.equal(1);
    await system.advance(5000);
    pauses.told(pause(3000));
    expect(begun()).to.equal(2);
  });

  it('that its own timer bears out is the host’s, and voids checks each time', async () => {
    const { pauses, pause, system, knew, begun, told } = open();
    pauses.watch();
    for (let n = 0; n < 3; n++) {
      await system.advance(7500);
      system.leap(4000);
      pauses.told(pause(4000));
    }
    expect(knew()).to.deep.equal(['ownmodule', 'ownmodule', 'ownmodule']);
    expect(told[2]!.lost!.stalledMs).to.be.within(3000, 4000);
    expect(begun()).to.equal(3);
    // What it noticed then says nothing about what comes later.
    await system.advance(7500);
    pauses.told(pause(4000));
    await system.advance(250);
    expect(knew()[3]).to.equal('module');
    pauses.stop();
  });

  it('is not told by the thousand, whatever the module says of when they were', async () => {
    const { pauses, pause, system, told } = open();
    await system.advance(60_000);
    for (let n = 0; n < 5000; n++) pauses.told({ ...pause(1000), atMs: (n % 7) * 1e11 });
    for (let n = 0; n < 5000; n++) pauses.told(pause(1, (n * 7919) % 59_000));
    await system.advance(1000);
    expect(told.length).to.be.lessThan(3);
  });

  it('that is not told yet is told when the daemon ends', () => {
    const { lost, pauses, knew } = open();
    lost(3000);
    pauses.stop();
    pauses.stop();
    expect(knew()).to.deep.equal(['own']);
  });
});
