import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Debounced, debounced } from '../../../../modules/monitoring/forensics/debounce.ts';

const minuteMs = 60_000;

/** In which minutes it captures that is asked in these. */
function taken(minutes: readonly number[], leastMs = minuteMs): number[] {
  let last: Debounced | null = null;
  return minutes.filter((minute) => {
    const next = debounced(last, minute * minuteMs, leastMs);
    last = next ?? last;
    return next !== null;
  });
}

const everyMinute = (count: number) => Array.from({ length: count }, (_, minute) => minute);

describe('the time between two captures of one trigger', () => {
  it('doubles up to half an hour while the trouble comes again and again', () => {
    expect(taken(everyMinute(180))).to.deep.equal([0, 1, 3, 7, 15, 31, 61, 91, 121, 151]);
  });

  it('leaves some fifty folders of a night and a day of it', () => {
    expect(taken(everyMinute(24 * 60)).length).to.equal(52);
  });

  it('is a minute again after a calm as long as the wait', () => {
    expect(taken([0, 1, 3, 7, 23, 24, 25, 60])).to.deep.equal([0, 1, 3, 7, 23, 24, 60]);
  });

  it('is none where none is wanted', () => {
    expect(taken([0, 0, 1, 1], 0)).to.deep.equal([0, 0, 1, 1]);
  });
});
