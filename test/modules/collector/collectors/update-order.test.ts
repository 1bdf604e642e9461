import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  progressText,
  readProgress,
} from '../../../../modules/collector/collectors/metadata-progress.ts';
import { readSweep, sweepText } from '../../../../modules/collector/collectors/sweep-progress.ts';
import { UpdateOrder } from '../../../../modules/collector/collectors/update-order.ts';

const seed = 7_141_205;
const at = (ms: number | null) => ({ updatedAt: ms === null ? null : new Date(ms) });

describe('how far a walk through markets has come', () => {
  it('is far enough when the last of a page is older than what is wanted', () => {
    const order = new UpdateOrder(50);
    expect(order.isPast([at(90), at(80)])).to.equal(false);
    expect(order.isPast([at(70), at(50)])).to.equal(false);
    expect(order.isPast([at(60), at(null)])).to.equal(false);
  });

  it('is never far enough in a list that is not in order, nor when everything is wanted', () => {
    const mixed = new UpdateOrder(50);
    expect(mixed.isPast([at(10), at(90)])).to.equal(false);
    expect(mixed.isPast([at(10), at(5)])).to.equal(false);
    expect(new UpdateOrder(null).isPast([at(1)])).to.equal(false);
    expect(new UpdateOrder(50).isPast([at(null)])).to.equal(false);
  });

  it(`never leaves out an update that is wanted, in whatever order they come (seed ${seed})`, () => {
    const updates = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        updates,
        fc.boolean(),
        fc.integer({ min: 1, max: 100 }),
        (times, isSorted, since) => {
          const list = isSorted ? times.toSorted((a, b) => b - a) : times;
          const order = new UpdateOrder(since);
          let read = 0;
          while (read < list.length) {
            const page = list.slice(read, read + 5);
            read += page.length;
            if (order.isPast(page.map(at))) break;
          }
          // What an order that breaks only later hides is found by the daily walk.
          if (isSorted) for (const left of list.slice(read)) expect(left).to.be.below(since);
          if (isSorted) expect(order.newestMs).to.equal(Math.max(...list));
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('is read as it was written, and what cannot be read is no progress', () => {
    const progress = { fullAtMs: 5, openSinceMs: null, closedSinceMs: 7 };
    expect(readProgress(progressText(progress))).to.deep.equal(progress);
    const none = { fullAtMs: null, openSinceMs: null, closedSinceMs: null };
    for (const text of [
      null,
      '',
      'x',
      '[]',
      'null',
      '{"fullAtMs":"5","openSinceMs":-1,"closedSinceMs":1e99}',
    ])
      expect(readProgress(text), String(text)).to.deep.equal(none);
    const sweeps = [
      { kind: 'done', atMs: 17 },
      { kind: 'under_way', after: 'a b=' },
    ] as const;
    for (const sweep of sweeps) expect(readSweep(sweepText(sweep))).to.deep.equal(sweep);
    for (const text of ['', 'done x', 'elsewhere'])
      expect(readSweep(text)).to.deep.equal({ kind: 'done', atMs: 0 });
  });
});
