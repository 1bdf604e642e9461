import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  completenessOf,
  type StreamRecord,
  uncovered,
} from '../../../../modules/collector/store/completeness.ts';

const day = { fromMs: 0, toMs: 1000 };

/** Each span as [from, to]. */
type Spans = readonly (readonly [number, number])[];

interface Case {
  readonly title: string;
  readonly expected: readonly [number, number];
  readonly connected?: Spans;
  readonly missing?: Spans;
  readonly backfilled?: Spans;
  readonly share: number | null;
  readonly gaps: Spans;
}

const cases: readonly Case[] = [
  { title: 'nothing was expected', expected: [1000, 2000], share: null, gaps: [] },
  { title: 'nothing came', expected: [0, 1000], share: 0, gaps: [[0, 1000]] },
  { title: 'all came', expected: [0, 1000], connected: [[0, 1000]], share: 1, gaps: [] },
  {
    title: 'it was expected for a part and came in it',
    expected: [400, 5000],
    connected: [[400, 9000]],
    share: 1,
    gaps: [],
  },
  {
    title: 'there was a hole between two connections',
    expected: [0, 1000],
    connected: [
      [0, 300],
      [400, 1000],
    ],
    share: 0.9,
    gaps: [[300, 400]],
  },
  {
    title: 'the hole was filled, and more than the hole',
    expected: [0, 1000],
    connected: [
      [0, 300],
      [400, 1000],
    ],
    backfilled: [[250, 450]],
    share: 1,
    gaps: [],
  },
  {
    title: 'connections overlap, as at a handover',
    expected: [0, 1000],
    connected: [
      [0, 600],
      [500, 1000],
    ],
    share: 1,
    gaps: [],
  },
  {
    title: 'a connection froze, and a part of that was fetched',
    expected: [0, 1000],
    connected: [[0, 1000]],
    missing: [[200, 600]],
    backfilled: [[200, 500]],
    share: 0.9,
    gaps: [[500, 600]],
  },
  {
    title: 'one connection’s freeze is no hole of the other that overlaps it, but nobody can tell',
    expected: [0, 1000],
    connected: [
      [0, 600],
      [300, 1000],
    ],
    missing: [[400, 500]],
    share: 0.9,
    gaps: [[400, 500]],
  },
  {
    title: 'a millionth is missing: never rounded up to the whole',
    expected: [0, 1000],
    connected: [[0, 999.9999]],
    share: 0.999999,
    gaps: [[999.9999, 1000]],
  },
];

describe('the completeness of a stream', () => {
  for (const { title, share, gaps, ...record } of cases) {
    it(`is ${share} when ${title}`, () => {
      const record_ = recordOf(record);
      expect(completenessOf([record_], day).share).to.equal(share);
      expect(uncovered(record_, day).map(({ fromMs, toMs }) => [fromMs, toMs])).to.deep.equal(gaps);
    });
  }

  it('counts several streams by the time that each was expected', () => {
    const half = recordOf({ expected: [0, 1000], connected: [[0, 500]] });
    const short = recordOf({ expected: [900, 1000], connected: [[900, 1000]] });
    expect(completenessOf([half, short], day)).to.deep.equal({
      expectedMs: 1100,
      coveredMs: 600,
      share: 0.545454,
    });
    expect(completenessOf([], day).share).to.equal(null);
  });
});

function recordOf({
  expected: [fromMs, toMs],
  connected = [],
  missing = [],
  backfilled = [],
}: Omit<Case, 'title' | 'share' | 'gaps'>): StreamRecord {
  const spans = (pairs: Spans) => pairs.map(([from, to]) => ({ fromMs: from, toMs: to }));
  return {
    expected: { fromMs, toMs },
    connected: spans(connected),
    missing: spans(missing),
    backfilled: spans(backfilled),
  };
}
