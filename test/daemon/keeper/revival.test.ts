import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type DaemonFacts, nextRevival } from '../../../daemon/keeper/revival.ts';

/** A daemon that ended without a word, the first to do so. */
const ended: DaemonFacts = {
  isRevivable: true,
  isServed: false,
  isAlive: false,
  servedMs: 5000,
  lastDelayMs: null,
};

describe('the revival of a daemon', () => {
  const rows: [what: string, facts: Partial<DaemonFacts>, next: object][] = [
    ['starts it again after a second', {}, { do: 'start', afterMs: 1000 }],
    ['leaves alone what was never to be started again', { isRevivable: false }, { do: 'nothing' }],
    ['leaves alone a home that a daemon serves', { isServed: true }, { do: 'nothing' }],
    ['waits while the process lives', { isAlive: true }, { do: 'look_again', afterMs: 500 }],
    ['doubles the delay', { lastDelayMs: 1000 }, { do: 'start', afterMs: 2000 }],
    ['doubles it to a minute at most', { lastDelayMs: 40_000 }, { do: 'start', afterMs: 60_000 }],
    [
      'doubles it also for one that never came to serve',
      { lastDelayMs: 4000, servedMs: 0 },
      { do: 'start', afterMs: 8000 },
    ],
    [
      'begins anew after one that served for a minute',
      { lastDelayMs: 60_000, servedMs: 60_000 },
      { do: 'start', afterMs: 1000 },
    ],
  ];
  for (const [what, facts, next] of rows) {
    it(what, () => {
      expect(nextRevival({ ...ended, ...facts })).to.deep.equal(next);
    });
  }
});
