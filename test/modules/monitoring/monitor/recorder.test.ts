import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Recorder } from '../../../../modules/monitoring/monitor/recorder.ts';
import type {
  HappeningChange,
  MonitorStore,
  NewHappening,
} from '../../../../modules/monitoring/store.ts';
import { calm, type Stress } from '../../../../modules/monitoring/stress.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { hog } from './played.ts';

const culprits = [{ process: hog, why: 'cpu', share: '150 % of a core' }] as const;

/** A store whose disk hangs and breaks as a test wants it to. */
class PlayedStore implements Pick<MonitorStore, 'addHappening' | 'updateHappening'> {
  readonly added: NewHappening[] = [];
  readonly changes: (HappeningChange & { readonly id: number })[] = [];
  /** Resolves or rejects when the disk does. */
  disk: () => Promise<void> = () => Promise.resolve();

  async addHappening(happening: NewHappening): Promise<number> {
    await this.disk();
    return this.added.push(happening);
  }

  async updateHappening(id: number, change: HappeningChange): Promise<void> {
    await this.disk();
    this.changes.push({ id, ...change });
  }
}

describe('the record of what happens', () => {
  let clock: FakeClock;
  let store: PlayedStore;
  let recorder: Recorder;
  let told: unknown[];
  let warnings: unknown[];

  beforeEach(() => {
    [clock, store, told, warnings] = [new FakeClock(), new PlayedStore(), [], []];
    const warn = (_: string, fields?: object) => warnings.push(fields);
    recorder = new Recorder({ store, clock, log: { warn } });
  });

  afterEach(async () => {
    store.disk = () => Promise.resolve();
    await recorder.settled();
  });

  function pause(name: string): NewHappening {
    const about = { kind: 'pause', durationMs: 9, pause: null, stress: calm } as const;
    return { ...about, atMs: clock.now(), culprits: [], folder: null, notes: name };
  }

  function found(total: number) {
    return { atMs: clock.now(), stress: stressOf(total), culprits: [] };
  }

  it('is told in the order in which it happened', async () => {
    let finish: () => void = () => undefined;
    store.disk = () => new Promise((resolve) => (finish = resolve));
    recorder.add(pause('one'), (id) => told.push(['one', id]));
    await nextTurn();
    store.disk = () => Promise.resolve();
    recorder.begin('elevated', found(30), (id) => told.push(['two', id]));
    recorder.end('elevated');
    recorder.afterwards(() => told.push('three'));
    expect(told).to.deep.equal([]);
    finish();
    await recorder.settled();
    expect(told).to.deep.equal([['one', 1], ['two', 2], 'three']);
    expect(store.changes.map(({ id }) => id)).to.deep.equal([2]);
    expect(recorder.kept).to.equal(2);
  });

  it('is told without an id when the store refuses it, and the log says why', async () => {
    store.disk = () => Promise.reject(new Error('no space left on device'));
    recorder.begin('critical', found(60), (id) => told.push(id));
    recorder.goesOn(found(70));
    recorder.end('critical');
    await recorder.settled();
    expect(told).to.deep.equal([null]);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.have.nested.property('error.message', 'no space left on device');
    expect(recorder.kept).to.equal(0);
  });

  it('waits for a store that hangs, but once, and keeps what it takes late', async () => {
    const finish: (() => void)[] = [];
    store.disk = () => new Promise((resolve) => finish.push(resolve));
    for (const name of ['one', 'two', 'three'])
      recorder.add(pause(name), (id) => told.push([name, id]));
    await clock.advance(1999);
    expect(told).to.deep.equal([]);
    await clock.advance(1);
    await recorder.settled();
    expect(told).to.deep.equal([
      ['one', null],
      ['two', null],
      ['three', null],
    ]);
    for (const done of finish) done();
    await nextTurn();
    expect(store.added.map(({ notes }) => notes)).to.deep.equal(['one', 'two', 'three']);
    store.disk = () => Promise.resolve();
    recorder.add(pause('four'), (id) => told.push(id));
    await recorder.settled();
    expect(told.at(-1)).to.equal(4);
  });

  it('ends an episode whose beginning was taken late', async () => {
    let finish: () => void = () => undefined;
    store.disk = () => new Promise((resolve) => (finish = resolve));
    recorder.begin('elevated', found(30), (id) => told.push(id));
    await clock.advance(2000);
    await recorder.settled();
    expect(told).to.deep.equal([null]);
    store.disk = () => Promise.resolve();
    finish();
    await nextTurn();
    recorder.end('elevated');
    await recorder.settled();
    expect(store.changes).to.have.length(1);
    expect(store.changes[0]).to.include({ id: 1, durationMs: 2000 });
  });

  it('ends an episode that the disk had no room to end, as soon as it has', async () => {
    recorder.begin('critical', found(60), () => undefined);
    await recorder.settled();
    store.disk = () => Promise.reject(new Error('no space left on device'));
    await clock.advance(5000);
    recorder.end('critical');
    await recorder.settled();
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      recorder.tryAgain();
      await recorder.settled();
    }
    // Not with every sample.
    expect(warnings).to.have.length(4);
    store.disk = () => Promise.resolve();
    await clock.advance(10_000);
    recorder.tryAgain();
    recorder.tryAgain();
    await recorder.settled();
    expect(store.changes).to.have.length(1);
    expect(store.changes[0]).to.include({ id: 1, durationMs: 5000 });
  });

  it('holds no more than twenty writes for a store that hangs, and tells of the rest at once', async () => {
    store.disk = () => new Promise(() => undefined);
    for (let write = 0; write < 25; write++) recorder.add(pause('many'), (id) => told.push(id));
    expect(told).to.deep.equal([null, null, null, null, null]);
    await clock.advance(2000);
    await recorder.settled();
    expect(told).to.have.length(25);
  });

  it('shows the worst of an episode, at most every ten seconds, and at its end', async () => {
    recorder.begin('elevated', { ...found(30), culprits }, () => undefined);
    for (let total = 31; total <= 55; total++) {
      await clock.advance(1000);
      recorder.goesOn({ ...found(total), culprits });
    }
    recorder.goesOn({ ...found(40), culprits });
    await recorder.settled();
    expect(store.changes.map(({ stress }) => stress?.total)).to.deep.equal([40, 50]);
    recorder.end('elevated');
    await recorder.settled();
    expect(store.changes.at(-1)).to.deep.equal({
      ...{ id: 1, durationMs: 25_000, stress: stressOf(55), culprits, notes: '' },
    });
  });

  it('names the culprits of an episode as soon as they are known', async () => {
    recorder.begin('elevated', found(50), () => undefined);
    recorder.goesOn({ ...found(30), culprits });
    await recorder.settled();
    expect(store.changes).to.deep.equal([{ id: 1, stress: stressOf(50), culprits }]);
  });
});

function stressOf(total: number): Stress {
  return { ...calm, total };
}
