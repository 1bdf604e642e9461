import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type Levels,
  nextLevel,
  normalLevels,
} from '../../../../modules/monitoring/stress/levels.ts';

const seed = 20261122;
const thresholds = { elevated: 30, critical: 60 };

/** One sample a second, from the first second. */
function through(totals: readonly number[], from = normalLevels): Levels {
  return totals.reduce(
    (levels, total, index) => nextLevel(levels, total, (index + 1) * 1000, thresholds),
    from,
  );
}

function times(count: number, total: number): number[] {
  return new Array<number>(count).fill(total);
}

describe('levels of stress', () => {
  const cases: [totals: number[], level: Levels['level']][] = [
    [[29], 'normal'],
    [[30], 'elevated'],
    [[59], 'elevated'],
    [[60], 'critical'],
    [[100], 'critical'],
    [[30, ...times(4, 19)], 'elevated'],
    [[30, ...times(5, 19)], 'normal'],
    [[30, ...times(4, 19), 25], 'elevated'],
    [[30, ...times(4, 19), 25, ...times(4, 19)], 'elevated'],
    [[30, ...times(4, 19), 25, ...times(5, 19)], 'normal'],
    [[30, ...times(50, 20)], 'elevated'],
    [[60, ...times(4, 49)], 'critical'],
    [[60, ...times(5, 49)], 'elevated'],
    [[60, ...times(4, 49), 50, ...times(4, 49)], 'critical'],
    [[60, ...times(50, 50)], 'critical'],
    [[60, ...times(5, 19)], 'normal'],
    [[60, ...times(3, 49), ...times(2, 19)], 'elevated'],
    [[30, 60, ...times(5, 49), 61], 'critical'],
  ];
  for (const [totals, level] of cases) {
    it(`are ${level} after ${told(totals)} (row 30)`, () => {
      expect(through(totals).level).to.equal(level);
    });
  }

  it('last from the first sample, also when it comes again (row 25)', () => {
    const levels = through([30, 45, 60, 45, 61]);
    expect(levels.elevated?.sinceMs).to.equal(1000);
    expect(levels.critical?.sinceMs).to.equal(3000);
  });

  it('are over when they are left (row 25)', () => {
    expect(through([30, ...times(5, 0)])).to.deep.equal(normalLevels);
    const { elevated, critical } = through([60, ...times(5, 40)]);
    expect(critical).to.equal(null);
    expect(elevated?.sinceMs).to.equal(1000);
  });

  it('begin anew when they are entered again', () => {
    expect(through([30, ...times(5, 0), 30]).elevated?.sinceMs).to.equal(7000);
  });

  it('can be left where the threshold is as low as it can be', () => {
    const low = { elevated: 1, critical: 5 };
    let levels = nextLevel(normalLevels, 7, 0, low);
    expect(levels.level).to.equal('critical');
    for (let sample = 1; sample <= 5; sample++) levels = nextLevel(levels, 0, sample, low);
    expect(levels).to.deep.equal(normalLevels);
  });

  it(`agree with what the last samples were, whatever they were (row 30, seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 60 }), (totals) => {
        const levels = through(totals);
        expect(levels.elevated !== null).to.equal(lasts(totals, 30));
        expect(levels.critical !== null).to.equal(lasts(totals, 60));
      }),
      { seed, numRuns: 500 },
    );
  });
});

/** Said otherwise: since it last reached the threshold there were no five in a row well below. */
function lasts(totals: readonly number[], threshold: number): boolean {
  const reached = totals.findLastIndex((total) => total >= threshold);
  if (reached < 0) return false;
  const since = totals.slice(reached).map((total) => (total < threshold - 10 ? 'b' : '-'));
  return !since.join('').includes('bbbbb');
}

function told(totals: readonly number[]): string {
  return totals.length > 12
    ? `${totals[0]} and ${totals.length - 1} × ${totals[1]}`
    : totals.join(', ');
}
