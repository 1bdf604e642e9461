import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { FileStore } from '../../../../modules/monitoring/store/files.ts';
import { calm } from '../../../../modules/monitoring/stress.ts';
import { freshMonitors, hangingStore, hog, type Played } from './played.ts';

describe('the monitor in trouble', () => {
  let played: Played;
  let store: FileStore;
  const play = freshMonitors((fresh) => ({ played, store } = fresh));

  it('goes on without the processes when a look at them hangs, and has them when it is done', async () => {
    await played.start();
    let finish: () => void = () => undefined;
    played.lookAtProcesses = () => new Promise((resolve) => (finish = () => resolve([hog])));
    // A sample waits for a second, and the next one comes in its time all the same.
    await played.sample(6000);
    await played.sample(5000);
    expect(played.last.processes).to.deep.equal([]);
    expect(played.last.sample.intervalMs).to.equal(5000);
    expect(played.processLooks).to.equal(2);
    finish();
    await played.sample(4000);
    expect(played.last.processes).to.deep.equal([hog]);
    expect(played.pauses).to.deep.equal([]);
  });

  it('goes on when the processes cannot be looked at, and says so once', async () => {
    played.lookAtProcesses = () => Promise.reject(new Error('too many open files'));
    await played.start();
    await played.samplesOf(3);
    const said = played.logged.filter(({ message }) => message.includes('processes'));
    expect(said).to.have.length(1);
    expect(played.last.processes).to.deep.equal([]);
  });

  it('goes on after a look at the host that fails, and takes the gap for no pause', async () => {
    await played.start();
    let failures = 0;
    played.onLook = () => {
      if (failures++ < 2) throw new Error('broken');
    };
    await played.clock.advance(10_000);
    await played.sample(5000);
    await played.sample(5000);
    expect(played.pauses).to.deep.equal([]);
    expect(played.samples).to.have.length(3);
    const errors = played.logged.filter(({ message }) => message === 'sampling_loop_error');
    expect(errors).to.have.length(1);
  });

  it('ends what an earlier run has left open, with its last sample', async () => {
    const { sample, stress } = await played.start();
    await played.samplesOf(4);
    await played.monitor.stop();
    const open = { kind: 'elevated', durationMs: null, pause: null, folder: null } as const;
    const row = { ...open, atMs: sample.atMs, stress, culprits: [], notes: '' };
    const id = await store.addHappening(row);
    const again = play(store);
    again.clock.leap(20 * 86_400_000);
    await again.start();
    await again.monitor.stop();
    const ended = await store.happening(id);
    const stretchMs = (20 * 86_400_000) / 1000;
    expect(ended?.durationMs).to.be.within(20_000 - stretchMs, 20_000);
    expect(ended?.notes).to.include('not seen');
  });

  it('stops at once while a look at processes hangs', async () => {
    await played.start();
    played.lookAtProcesses = () => new Promise(() => undefined);
    await played.clock.advance(5000);
    await played.monitor.stop();
    expect(played.samples).to.have.length(1);
  });

  it('goes on, and stops in time, with a store that answers nothing', async () => {
    played = play(hangingStore);
    const starting = played.start();
    await played.clock.advance(3000);
    await starting;
    const told = played.next('pause');
    await played.freeze(15_000);
    await played.clock.advance(2000);
    await told;
    expect(played.pauses.map(({ id }) => id)).to.deep.equal([null]);
    const stopping = played.monitor.stop();
    await played.clock.advance(10_000);
    await stopping;
  });

  it('is calm on a host that tells nothing', async () => {
    played.tellsNothing = true;
    await played.start();
    expect((await played.sample()).stress).to.deep.equal(calm);
  });
});
