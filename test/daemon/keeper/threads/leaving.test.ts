import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  type HostFacts,
  nextLeaving,
  unclaimedMsMax,
  untoldMsMax,
} from '../../../../daemon/keeper/threads/leaving.ts';

const abandoned: HostFacts = {
  isClaimed: false,
  unclaimedMs: 0,
  living: 0,
  untold: 0,
  place: 'named',
};
const weekMs = 7 * 24 * 3_600_000;

const rows: [string, Partial<HostFacts>, 'stay' | 'look_again' | 'leave'][] = [
  ['stays with a keeper, whatever is missing', { isClaimed: true, place: 'gone' }, 'stay'],
  ['leaves at once without a keeper and without threads', {}, 'leave'],
  ['keeps the ends that no keeper has stored', { untold: 1 }, 'look_again'],
  ['keeps them for a bounded time', { untold: 1, unclaimedMs: untoldMsMax }, 'leave'],
  ['runs threads for a keeper to come', { living: 1, unclaimedMs: weekMs }, 'look_again'],
  ['ends them when the home is gone', { living: 1, place: 'gone' }, 'leave'],
  ['waits for a home that was moved', { living: 1, place: 'unnamed' }, 'look_again'],
  [
    'ends them when the home stays away',
    { living: 1, place: 'unnamed', unclaimedMs: unclaimedMsMax },
    'leave',
  ],
];

describe('a thread host that nobody tells to end', () => {
  for (const [title, facts, expected] of rows) {
    it(title, () => {
      expect(nextLeaving({ ...abandoned, ...facts }).do).to.equal(expected);
    });
  }
});
