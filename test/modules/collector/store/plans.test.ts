import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { judgeClock } from '../../../../modules/collector/store/clock-trust.ts';
import { admitDay } from '../../../../modules/collector/store/day-admission.ts';
import {
  dayMs,
  dayOf,
  partitionDay,
  partitionName,
} from '../../../../modules/collector/store/days.ts';
import { planPartitions } from '../../../../modules/collector/store/partition-plan.ts';

const seed = 7_032_004;
const noon = Date.UTC(2026, 10, 22, 12);
const today = dayOf(noon);

describe('the day of a partition', () => {
  it(`is in its name, for every day of two centuries (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (number) => {
        const day = number * dayMs;
        expect(partitionDay('trades', partitionName('trades', day))).to.equal(day);
        expect(dayOf(day + dayMs - 1)).to.equal(day);
      }),
      { seed, numRuns: 500 },
    );
    expect(partitionName('trades', today)).to.equal('trades_p20261122');
  });

  for (const name of [
    'trades_p20260230',
    'trades_p2026112',
    'trades_default',
    'x_trades_p20261122',
  ]) {
    it(`is not taken from "${name}"`, () => expect(partitionDay('trades', name)).to.equal(null));
  }
});

describe('the plan of partitions', () => {
  const plan = (days: readonly number[], retentionDays: number | null, mayDrop = true) => {
    const table = { table: 'trades' as const, days: new Set(days.map(at)), retentionDays };
    const { make, drop } = planPartitions({ nowMs: noon, tables: [table], mayDrop });
    const ofToday = ({ day }: { day: number }) => (day - today) / dayMs;
    return { make: make.map(ofToday), drop: drop.map(ofToday) };
  };
  const at = (day: number) => today + day * dayMs;

  const cases = [
    ['an empty table', [], 90, { make: [-1, 0, 1, 2, 3], drop: [] }],
    ['all there', [-1, 0, 1, 2, 3], 90, { make: [], drop: [] }],
    ['a day that was left out', [-1, 0, 2, 3], 90, { make: [1], drop: [] }],
    ['the last day that is kept', [-90, -1, 0, 1, 2, 3], 90, { make: [], drop: [] }],
    ['one day older', [-91, -90, -1, 0, 1, 2, 3], 90, { make: [], drop: [-91] }],
    [
      'many that are old: the oldest first',
      [-99, -98, -97, -1, 0, 1, 2, 3],
      90,
      { make: [], drop: [-99, -98] },
    ],
    ['no retention', [-9999, -1, 0, 1, 2, 3], null, { make: [], drop: [] }],
    [
      'no day kept: yesterday stays, for what comes late',
      [-2, -1, 0, 1, 2, 3],
      0,
      { make: [], drop: [-2] },
    ],
    ['a clock in doubt', [-99, -1, 0, 1, 2, 3], 90, { make: [], drop: [] }, false],
  ] as const;
  for (const [title, days, retention, wanted, mayDrop] of cases) {
    it(`for ${title}`, () => expect(plan(days, retention, mayDrop)).to.deep.equal(wanted));
  }

  it(`never drops a day that is kept and never makes one that is there (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -200, max: 20 })),
        fc.integer({ min: 0, max: 120 }),
        (days, retention) => {
          const { make, drop } = plan(days, retention);
          for (const day of drop) expect(day).to.be.below(-retention).and.below(-1);
          expect(days).to.not.include.members(make.length > 0 ? make : [999]);
        },
      ),
      { seed, numRuns: 300 },
    );
  });
});

describe('the clock', () => {
  const at = (days: number) => noon + days * dayMs;
  const look = (lookedAt: number, heldUntil: number | null) => ({
    lookedAtMs: at(lookedAt),
    heldUntilMs: heldUntil === null ? null : at(heldUntil),
  });
  const cases = [
    ['is believed at the first look', null, { ...look(0, null), mayDrop: true, jumpedMs: null }],
    [
      'is believed an hour later',
      look(-1 / 24, null),
      { ...look(0, null), mayDrop: true, jumpedMs: null },
    ],
    [
      'is believed after a day off',
      look(-1.9, null),
      { ...look(0, null), mayDrop: true, jumpedMs: null },
    ],
    [
      'is held for a day after a jump ahead',
      look(-2, null),
      { ...look(0, 1), mayDrop: false, jumpedMs: 2 * dayMs },
    ],
    [
      'is held for a day after a jump back',
      look(3000, null),
      { ...look(0, 1), mayDrop: false, jumpedMs: -3000 * dayMs },
    ],
    [
      'is held until that day is over',
      look(-0.5, 0.5),
      { ...look(0, 0.5), mayDrop: false, jumpedMs: null },
    ],
    ['is believed when it is', look(-0.5, 0), { ...look(0, null), mayDrop: true, jumpedMs: null }],
  ] as const;
  for (const [title, last, wanted] of cases) {
    it(title, () => expect(judgeClock(last, noon)).to.deep.equal(wanted));
  }
});

describe('a day without a partition', () => {
  const cases = [
    ['expected', 0, 32],
    ['expected', -31, 32],
    ['expected', 4, 32],
    ['odd', -32, 0],
    ['odd', 5, 31],
    ['refused', -32, 32],
    ['refused', 4000, 32],
  ] as const;
  for (const [admission, day, oddDays] of cases) {
    it(`is ${admission}, ${day} days from today after ${oddDays} odd ones`, () => {
      expect(admitDay(today + day * dayMs, today, oddDays)).to.equal(admission);
    });
  }
});
