import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { mergeGaps } from '../../../../modules/api/socket/gap.ts';
import { judgeLiveness } from '../../../../modules/api/socket/liveness.ts';
import { judgeOverlap, type OverlapFacts } from '../../../../modules/api/socket/overlap.ts';
import { RateLimit, type Rate } from '../../../../modules/api/socket/rates.ts';
import { reconnectDelayMs } from '../../../../modules/api/socket/retries.ts';
import {
  nextState,
  type SocketEvent,
  type SocketState,
} from '../../../../modules/api/socket/states.ts';
import { planChange, Told } from '../../../../modules/api/socket/subscriptions.ts';

const seed = 20261122;

describe('socket decisions', () => {
  describe('reconnectDelayMs', () => {
    const backoff = {
      reconnectDelayMsMin: 500,
      reconnectDelayMsMax: 30_000,
      refusedDelayMs: 60_000,
    };

    for (const [failures, random, kind, asked, delayMs] of [
      [0, 0.5, 'reset', null, 250],
      [0, 0, 'reset', null, 0],
      [3, 0.5, 'no_data', null, 2000],
      [6, 0.5, 'reset', null, 15_000],
      [5000, 0.5, 'reset', null, 15_000],
      [0, 0.5, 'refused', null, 60_250],
      [0, 0.5, 'refused', 5000, 5250],
      [2, 0.5, 'refused', 0, 1000],
      [4, 0, 'connect_failed', null, 0],
    ] as const) {
      it(`after ${failures} failures, ${kind}, asked for ${asked}: ${delayMs} ms`, () => {
        const ending = { kind, retryAfterMs: asked };
        expect(reconnectDelayMs(failures, ending, random, backoff)).to.equal(delayMs);
      });
    }
  });

  describe('judgeLiveness', () => {
    const limits = { dataTimeoutMs: 60_000, pingIntervalMs: 20_000, pongTimeoutMs: 10_000 };
    const facts = { plannedMs: 0, dataMs: 0, heardMs: 0, lastPingMs: 0, ackDueMs: null };
    for (const [title, changes, verdict] of [
      ['waits until the next ping', { nowMs: 5000 }, { kind: 'look_again', inMs: 15_000 }],
      ['pings', { nowMs: 20_000 }, { kind: 'ping' }],
      [
        'waits for the pong',
        { nowMs: 21_000, lastPingMs: 20_000 },
        { kind: 'look_again', inMs: 9000 },
      ],
      [
        'misses the pong',
        { nowMs: 30_000, lastPingMs: 20_000 },
        { kind: 'dead', reason: 'no_pong' },
      ],
      [
        'takes any message for a pong',
        { nowMs: 30_000, lastPingMs: 20_000, heardMs: 20_001 },
        { kind: 'look_again', inMs: 10_000 },
      ],
      [
        'misses data in spite of pongs',
        { nowMs: 60_000, heardMs: 59_999, lastPingMs: 59_000 },
        { kind: 'dead', reason: 'no_data' },
      ],
      [
        'misses an acknowledgement',
        { nowMs: 5000, heardMs: 4999, ackDueMs: 5000 },
        { kind: 'dead', reason: 'no_ack' },
      ],
      [
        'looks when that is due',
        { nowMs: 1000, ackDueMs: 5000 },
        { kind: 'look_again', inMs: 4000 },
      ],
    ] as const) {
      it(title, () => {
        const at = { ...facts, plannedMs: changes.nowMs, ...changes };
        expect(judgeLiveness(at, limits)).to.deep.equal(verdict);
      });
    }

    it('reads first what came while the process itself was held up', () => {
      const late = { ...facts, nowMs: 90_000, plannedMs: 20_000 };
      expect(judgeLiveness(late, limits)).to.deep.equal({ kind: 'look_again', inMs: 1000 });
      const inTime = { ...late, nowMs: 91_000, plannedMs: 91_000 };
      expect(judgeLiveness(inTime, limits)).to.deep.equal({ kind: 'dead', reason: 'no_data' });
    });

    it('has no bound where none is set', () => {
      const none = { dataTimeoutMs: null, pingIntervalMs: null, pongTimeoutMs: 1 };
      const verdict = judgeLiveness({ ...facts, nowMs: 1e9, plannedMs: 1e9 }, none);
      expect(verdict).to.deep.equal({ kind: 'look_again', inMs: 60_000 });
    });
  });

  describe('judgeOverlap', () => {
    const limits = { overlapMs: 1000, overlapMsMax: 15_000 };
    const facts: OverlapFacts = {
      readyForMs: 0,
      isProved: false,
      unmatched: 0,
      hasNewData: false,
      hasOldData: false,
    };
    for (const [title, changes, verdict] of [
      [
        'waits for the topics',
        { readyForMs: null, hasNewData: true },
        { kind: 'wait', forMs: null },
      ],
      ['switches with proof', { isProved: true, unmatched: 9 }, { kind: 'switch' }],
      ['waits for proof', { readyForMs: 400 }, { kind: 'wait', forMs: 600 }],
      [
        'drains where no message can prove anything',
        { readyForMs: 1000, hasNewData: true },
        { kind: 'drain' },
      ],
      [
        'waits for an old one that lags',
        { readyForMs: 1000, hasNewData: true, unmatched: 1 },
        { kind: 'wait', forMs: 14_000 },
      ],
      [
        'drains an old one that lags too long',
        { readyForMs: 15_000, hasNewData: true, unmatched: 1 },
        { kind: 'drain' },
      ],
      [
        'waits for the first message',
        { readyForMs: 1000, hasOldData: true },
        { kind: 'wait', forMs: 14_000 },
      ],
      ['abandons a mute one', { readyForMs: 15_000, hasOldData: true }, { kind: 'abandon' }],
      ['drains where both are silent', { readyForMs: 15_000 }, { kind: 'drain' }],
    ] as const) {
      it(title, () => {
        expect(judgeOverlap({ ...facts, ...changes }, limits)).to.deep.equal(verdict);
      });
    }
  });

  it('nextState leads from waiting to every state, and from every state to closed', () => {
    const states: SocketState[] = [
      'waiting',
      'connecting',
      'open',
      'rolling',
      'draining',
      'closing',
      'closed',
    ];
    const events: SocketEvent[] = [
      'due',
      'complete',
      'lost',
      'roll',
      'abandon',
      'take_over',
      'inherit',
      'drain',
      'close',
      'gone',
    ];
    const reached = (from: SocketState): Set<SocketState> => {
      const found = new Set([from]);
      for (const state of found) {
        for (const event of events) {
          const next = nextState(state, event);
          if (next !== null) found.add(next);
        }
      }
      return found;
    };
    expect([...reached('waiting')].sort()).to.deep.equal([...states].sort());
    for (const state of states) expect([...reached(state)], state).to.include('closed');
    expect(events.map((event) => nextState('closed', event))).to.deep.equal(events.map(() => null));
  });

  it('RateLimit never lets more through than a rate allows, in any interval', () => {
    const rate = fc.record({
      max: fc.integer({ min: 1, max: 5 }),
      perMs: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(
        fc.array(rate, { maxLength: 3 }),
        fc.array(fc.nat(20)),
        (rates: Rate[], steps) => {
          let nowMs = 0;
          const limit = new RateLimit(rates, { monotonicMs: () => nowMs });
          const times: number[] = [];
          for (const step of steps) {
            nowMs += step;
            if (limit.delayMs > 0) nowMs += limit.delayMs;
            expect(limit.delayMs).to.equal(0);
            limit.count();
            times.push(nowMs);
          }
          for (const { max, perMs } of rates) {
            for (const [index, time] of times.entries()) {
              const before = times[index - max];
              if (before !== undefined) expect(time - before).to.be.at.least(perMs);
            }
          }
        },
      ),
      { seed },
    );
  });

  it('planChange leads from anything told to what is wanted, in messages of the size allowed', () => {
    const topics = fc.uniqueArray(
      fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    );
    fc.assert(
      fc.property(topics, topics, fc.integer({ min: 1, max: 4 }), (before, after, topicsMax) => {
        const told = new Set(before);
        const wanted = new Set(after);
        for (;;) {
          const change = planChange(wanted, told, topicsMax);
          if (change === null) break;
          expect(change.topics.length).to.be.within(1, topicsMax);
          for (const topic of change.topics) {
            if (change.action === 'subscribe') told.add(topic);
            else told.delete(topic);
          }
          expect(told.size).to.be.at.most(Math.max(before.length, after.length));
        }
        expect([...told].sort()).to.deep.equal([...wanted].sort());
      }),
      { seed },
    );
  });

  it('Told knows what waits for an answer, and takes none for what it never asked', () => {
    const told = new Told(1);
    const wanted = new Set(['a', 'b']);
    expect(told.next(wanted, 5)).to.deep.include({ id: 1, isFirst: true, topics: ['a'] });
    expect(told.next(wanted, 6)).to.deep.include({ id: 2, isFirst: false, topics: ['b'] });
    expect(told.next(wanted, 7)).to.equal(null);
    expect(told.acknowledged(9)).to.equal(null);
    expect(told.ackDueMs).to.equal(5);
    expect(told.acknowledged(1)?.topics).to.deep.equal(['a']);
    expect(told.acknowledged(1)).to.equal(null);
    expect(told.ackDueMs).to.equal(6);
  });

  it('mergeGaps covers both, and knows a size only where both do', () => {
    const gap = { fromMs: 5, toMs: 7, reason: 'overflow', lost: 2, topics: ['a'] } as const;
    expect(mergeGaps(gap, { ...gap, fromMs: 3, lost: 4, topics: ['b'] })).to.deep.equal({
      fromMs: 3,
      toMs: 7,
      reason: 'overflow',
      lost: 6,
      topics: ['a', 'b'],
    });
    const unknown = { ...gap, reason: 'reset', lost: null, topics: null } as const;
    expect(mergeGaps(gap, unknown)).to.include({ reason: 'reset', lost: null, topics: null });
    expect(mergeGaps(unknown, gap)).to.include({ reason: 'reset', lost: null, topics: null });
  });
});
