import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  firstBaseline,
  type IoBaseline,
} from '../../../../modules/monitoring/stress/io-baseline.ts';
import { KeptBaseline } from '../../../../modules/monitoring/stress/kept-baseline.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const learned: IoBaseline = { fastBytesPerSecond: 3e6, slowBytesPerSecond: 4e6, samples: 60 };
const learning: IoBaseline = { ...learned, samples: 7 };

describe('the I/O baseline that is kept', () => {
  let clock: FakeClock;
  let kept: Map<string, unknown>;
  let warnings: string[];
  let disk: () => Promise<void>;
  let baseline: KeptBaseline;

  beforeEach(() => {
    clock = new FakeClock();
    kept = new Map();
    warnings = [];
    disk = () => Promise.resolve();
    baseline = newBaseline();
  });

  function newBaseline(): KeptBaseline {
    const store = {
      readState: async (key: string) => {
        await disk();
        return kept.get(key) ?? null;
      },
      writeState: async (key: string, value: unknown) => {
        await disk();
        kept.set(key, value);
      },
    };
    return new KeptBaseline({ store, clock, log: { warn: (text) => warnings.push(text) } });
  }

  it('is the first one where there is none yet, and nobody is warned', async () => {
    expect(await baseline.read()).to.equal(firstBaseline);
    expect(warnings).to.deep.equal([]);
  });

  it('is what was kept last, also while it was still learning (row 29)', async () => {
    await baseline.read();
    await baseline.save(learning);
    expect([...kept.keys()]).to.deep.equal(['io_baseline']);
    expect(await newBaseline().read()).to.deep.equal(learning);
  });

  it('is kept once a minute', async () => {
    await baseline.read();
    await clock.advance(59_999);
    baseline.offer(learned);
    expect(kept.size).to.equal(0);
    await clock.advance(1);
    baseline.offer(learned);
    await nextTurn();
    expect(kept.size).to.equal(1);
    kept.clear();
    await clock.advance(59_999);
    baseline.offer(learned);
    await nextTurn();
    expect(kept.size).to.equal(0);
  });

  it('is begun anew, with a warning, where what was kept is none', async () => {
    kept.set('io_baseline', { fast: 7 });
    expect(await baseline.read()).to.equal(firstBaseline);
    expect(warnings).to.have.length(1);
  });

  it('does not replace what could not be read before it knows better', async () => {
    kept.set('io_baseline', { ...learned });
    disk = () => Promise.reject(new Error('broken'));
    expect(await baseline.read()).to.equal(firstBaseline);
    disk = () => Promise.resolve();
    await baseline.save(learning);
    expect(kept.get('io_baseline')).to.deep.equal(learned);
    const better = { ...learned, slowBytesPerSecond: 5e6 };
    await baseline.save(better);
    expect(kept.get('io_baseline')).to.deep.equal(better);
  });

  it('waits for a store that hangs for three seconds, neither reading nor keeping', async () => {
    disk = () => new Promise(() => undefined);
    const reading = baseline.read();
    await clock.advance(3000);
    expect(await reading).to.equal(firstBaseline);
    const saving = baseline.save(learned);
    await clock.advance(3000);
    await saving;
    expect(warnings).to.have.length(2);
  });

  it('says once that it cannot be kept, however often it is tried', async () => {
    await baseline.read();
    disk = () => Promise.reject(new Error('no space left on device'));
    for (let attempt = 0; attempt < 5; attempt++) await baseline.save(learned);
    expect(warnings).to.have.length(1);
  });
});
