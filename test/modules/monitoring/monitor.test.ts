import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { FileStore } from '../../../modules/monitoring/store/files.ts';
import { until } from '../../support/until.ts';
import { freshMonitors, type Played } from './monitor/played.ts';

describe('the monitor', () => {
  let played: Played;
  let store: FileStore;
  const play = freshMonitors((fresh) => ({ played, store } = fresh));

  it('samples at once, then every five seconds, and counts and stores them (row 25)', async () => {
    const first = await played.start();
    const second = await played.sample();
    expect(second.sample.atMs - first.sample.atMs).to.equal(5000);
    const { samples, last, isRunning } = played.monitor.state;
    expect({ samples, last, isRunning }).to.deep.equal({
      samples: 2,
      last: second,
      isRunning: true,
    });
    const kept = await store.samples({ afterMs: 0, untilMs: Infinity, limit: 9 });
    expect(kept.map(({ sample }) => sample.atMs)).to.deep.equal([
      first.sample.atMs,
      second.sample.atMs,
    ]);
  });

  it('samples every second while elevated, without taking that for a pause (row 31)', async () => {
    await played.start();
    played.load = 5;
    await played.sample(5000);
    expect(played.monitor.state).to.include({ level: 'elevated', intervalMs: 1000 });
    for (let second = 0; second < 3; second++) {
      expect((await played.sample(1000)).sample.intervalMs).to.equal(1000);
    }
    played.load = 0;
    for (let second = 0; second < 5; second++) await played.sample(1000);
    expect(played.monitor.state).to.include({ level: 'normal', intervalMs: 5000 });
    expect((await played.sample(5000)).sample.intervalMs).to.equal(5000);
    expect((await played.sample(5000)).sample.intervalMs).to.equal(5000);
    expect(played.pauses).to.deep.equal([]);
  });

  it('is elevated from the first such sample until it is not (row 25)', async () => {
    await played.start();
    played.load = 5;
    await played.sample();
    await played.samplesOf(4);
    expect(played.monitor.state).to.include({ elevatedForMs: 4000, criticalForMs: 0 });
    played.load = 0;
    await played.samplesOf(5);
    expect(played.monitor.state).to.include({ elevatedForMs: 0 });
  });

  it('looks at processes every five seconds when normal, with every sample when elevated', async () => {
    const oftener = { normalIntervalMs: 1000, elevatedIntervalMs: 500 };
    played = play(store, oftener);
    await played.start();
    await played.samplesOf(20);
    expect(played.processLooks).to.equal(5);
    played.load = 5;
    await played.samplesOf(10);
    expect(played.processLooks).to.equal(15);
  });

  it('has the baseline of the run before, and its samples are judged by it (row 29)', async () => {
    await played.start();
    for (let sample = 0; sample < 60; sample++) {
      played.writtenBytes += 2e6 * 5;
      await played.sample();
    }
    await played.monitor.stop();
    const again = play(store);
    await again.start();
    again.writtenBytes += 12 * 2e6 * 5;
    const { stress } = await again.sample();
    expect(stress.parts.io).to.equal(20);
    await again.monitor.stop();
  });

  it('keeps the baseline every minute, since nobody tells it of a kill -9', async () => {
    await played.start();
    await played.samplesOf(11);
    expect(await store.readState('io_baseline')).to.equal(null);
    await played.sample();
    const kept = await until('the baseline', () => store.readState('io_baseline'));
    expect(kept).to.include({ samples: 12 });
  });

  it('keeps the baseline when it is stopped, though it still learns', async () => {
    await played.start();
    await played.samplesOf(3);
    await played.monitor.stop();
    expect(await store.readState('io_baseline')).to.include({ samples: 3 });
  });

  it('ends what lasts when it is stopped, and says why (row 26)', async () => {
    await played.start();
    const begun = played.next('level');
    played.load = 5;
    await played.sample();
    await begun;
    await played.sample();
    await played.monitor.stop();
    const [row] = await store.happenings({ limit: 9 });
    expect(row).to.include({ durationMs: 1000, notes: 'the monitor was stopped while it lasted' });
  });

  it('takes no sample after its stop, which can be asked for twice (row 26)', async () => {
    await played.start();
    await Promise.all([played.monitor.stop(), played.monitor.stop()]);
    await played.clock.advance(60_000);
    expect(played.samples).to.have.length(1);
    expect(played.monitor.state.isRunning).to.equal(false);
  });

  it('can be stopped before it was started, and while it starts', async () => {
    await play(store).monitor.stop();
    const starting = played.monitor.start();
    await played.monitor.stop();
    await starting;
    await played.clock.advance(60_000);
    expect(played.samples).to.deep.equal([]);
  });
});
