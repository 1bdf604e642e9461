import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { FileStore } from '../../../../modules/monitoring/store/files.ts';
import { freshMonitors, hog, type Played } from './played.ts';

describe('what the monitor tells', () => {
  let played: Played;
  let store: FileStore;
  const play = freshMonitors((fresh) => ({ played, store } = fresh));

  it('keeps a pause with the stress before it, who was at it, and the ring (rows 34 and 47)', async () => {
    await played.start();
    played.load = 4;
    const before = await played.sample();
    const told = played.next('pause');
    await played.freeze(15_000);
    await told;
    const [pause] = played.pauses;
    expect(pause?.pause).to.deep.equal({
      cause: 'process',
      actualMs: 15_000,
      expectedMs: 5000,
      excessMs: 10_000,
      latencyRatio: 3,
    });
    expect(pause?.stress).to.deep.equal(before.stress);
    expect(pause?.stress.total).to.equal(20);
    expect(pause?.culprits.map(({ process }) => process.name)).to.deep.equal(['hog']);
    expect(pause?.ring.at(-1)).to.deep.equal(before);
    const [row] = await store.happenings({ limit: 9 });
    expect(row).to.deep.include({
      id: pause?.id,
      kind: 'pause',
      atMs: before.sample.atMs,
      durationMs: 15_000,
      pause: pause?.pause,
      stress: before.stress,
    });
    expect(played.monitor.state.happenings).to.equal(1);
    expect(played.logged).to.deep.include({
      message: 'pause_detected',
      fields: { duration: 15, latency_ratio: 3, cause: 'process' },
    });
  });

  it('is not elevated for having paused, though the sample counts it (row 33)', async () => {
    await played.start();
    await played.sample();
    const told = played.next('pause');
    const { stress } = await played.freeze(15_000);
    await told;
    expect(stress.parts.latency).to.equal(30);
    expect(played.monitor.state.level).to.equal('normal');
    await played.samplesOf(2);
    expect(played.pauses).to.have.length(1);
    expect(await store.happenings({ limit: 9 })).to.have.length(1);
  });

  it('tells of a suspend and of a step of the clock, and takes neither for a pause (row 33)', async () => {
    await played.start();
    played.suspendedMs = 3_600_000;
    await played.freeze(12_000);
    expect(played.suspends).to.deep.equal([3_600_000]);
    played.steppedMs = -60_000;
    await played.sample();
    expect(played.steps).to.deep.equal([-60_000]);
    expect(played.pauses).to.deep.equal([]);
    expect(await store.happenings({ limit: 9 })).to.deep.equal([]);
  });

  it('keeps one row of an episode, from its beginning to its end, with its peak (row 37)', async () => {
    await played.start();
    const begun = played.next('level');
    played.load = 5;
    const first = await played.sample();
    await begun;
    const [open] = await store.happenings({ limit: 9 });
    expect(open).to.deep.include({ kind: 'elevated', durationMs: null, stress: first.stress });
    played.load = 5.5;
    const peak = await played.sample();
    const over = played.next('level');
    played.load = 0;
    await played.samplesOf(5);
    await over;
    const rows = await store.happenings({ limit: 9 });
    expect(rows).to.have.length(1);
    expect(rows[0]).to.deep.include({ id: open?.id, durationMs: 6000, stress: peak.stress });
    const told = played.levels.map(({ from, to, id }) => ({ from, to, id }));
    expect(told).to.deep.equal([
      { from: 'normal', to: 'elevated', id: open?.id },
      { from: 'elevated', to: 'normal', id: null },
    ]);
  });

  it('tells once of what is critical at once, and keeps both episodes', async () => {
    await played.start();
    const told = played.next('level');
    [played.load, played.availablePercent] = [8, 0];
    await played.sample();
    await told;
    expect(played.levels.map(({ from, to }) => [from, to])).to.deep.equal([['normal', 'critical']]);
    const rows = await store.happenings({ limit: 9 });
    expect(rows.map(({ kind }) => kind)).to.have.members(['elevated', 'critical']);
    const critical = rows.find(({ kind }) => kind === 'critical');
    expect(played.levels[0]?.id).to.equal(critical?.id);
    expect(played.levels[0]?.culprits.map(({ process }) => process.pid)).to.deep.equal([hog.pid]);
  });

  it('alerts once in an episode, when it has been critical for 30 seconds (row 37)', async () => {
    await played.start();
    [played.load, played.availablePercent] = [8, 0];
    await played.sample();
    await played.samplesOf(29);
    expect(played.alerts).to.deep.equal([]);
    await played.samplesOf(71);
    expect(played.alerts.map(({ severity, type }) => [severity, type])).to.deep.equal([
      ['critical', 'critical_stress'],
    ]);
    [played.load, played.availablePercent] = [0, 50];
    await played.samplesOf(5);
    [played.load, played.availablePercent] = [8, 0];
    await played.sample();
    await played.samplesOf(31);
    expect(played.alerts).to.have.length(2);
  });

  it('alerts of a pause, and not of a level that it only enters (row 38)', async () => {
    await played.start();
    played.load = 5;
    await played.sample();
    const told = played.next('pause');
    await played.freeze(4000);
    await told;
    expect(played.alerts.map(({ type }) => type)).to.deep.equal(['pause_detected']);
  });

  it('only learns in learning mode: no level, no alert, and every pause', async () => {
    played = play(store, { isLearning: true });
    await played.start();
    [played.load, played.availablePercent] = [8, 0];
    await played.samplesOf(20);
    const told = played.next('pause');
    await played.freeze(15_000);
    await told;
    expect(played.monitor.state).to.include({ level: 'normal', intervalMs: 5000 });
    expect(played.levels).to.deep.equal([]);
    expect(played.alerts).to.deep.equal([]);
    expect(await store.happenings({ limit: 9 })).to.have.length(1);
  });

  it('goes on when one who listens throws, and the log says so', async () => {
    await played.start();
    played.onSample = () => {
      throw new Error('not my day');
    };
    await played.samplesOf(2);
    expect(played.monitor.state.samples).to.equal(3);
    const said = played.logged.filter(({ message }) => message === 'sampling_loop_error');
    expect(said).to.have.length(2);
  });
});
