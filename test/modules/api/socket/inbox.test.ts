import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Arrived, Inbox } from '../../../../modules/api/socket/inbox.ts';

const seed = 20261122;

function arrived(n: number, bytes = 1): Arrived<number> {
  const received = { message: n, generation: 1, receivedAtMs: n };
  return { kind: 'message', received, key: null, bytes };
}

const step = fc.oneof(
  fc.record({ do: fc.constant('push' as const), bytes: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ do: fc.constant('gap' as const) }),
  fc.record({ do: fc.constant('take' as const) }),
);

describe('inbox', () => {
  it('is never beyond its bounds, gives messages in order, and a gap wherever one is missing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const inbox = new Inbox<number>({ messagesMax: 5, bytesMax: 20 });
        let pushed = 0;
        let dropped = 0;
        let told = 0;
        let last = 0;
        let isGapBefore = false;
        const take = (): boolean => {
          const item = inbox.take();
          if (item === null) return false;
          if (item.kind === 'gap') {
            told += item.gap.lost ?? 0;
            isGapBefore = true;
            return true;
          }
          const { message } = item.received;
          expect(message).to.be.greaterThan(last);
          if (message !== last + 1) expect(isGapBefore, `before ${message}`).to.equal(true);
          last = message;
          isGapBefore = false;
          return true;
        };
        for (const one of steps) {
          if (one.do === 'push') dropped += inbox.push(arrived(++pushed, one.bytes));
          else if (one.do === 'take') take();
          else {
            inbox.pushGap({ fromMs: pushed, toMs: pushed, reason: 'reset', lost: 0, topics: null });
          }
          expect(inbox.messages).to.be.at.most(5);
          expect(inbox.bytes).to.be.at.most(20);
        }
        while (take());
        expect(told).to.equal(dropped);
        expect(last === pushed || isGapBefore).to.equal(true);
        expect([inbox.messages, inbox.bytes]).to.deep.equal([0, 0]);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('keeps the time of what it dropped', () => {
    const inbox = new Inbox<number>({ messagesMax: 2, bytesMax: 100 });
    for (let n = 1; n <= 5; n += 1) inbox.push(arrived(n));
    expect(inbox.take()).to.deep.equal({
      kind: 'gap',
      gap: { fromMs: 1, toMs: 3, reason: 'overflow', lost: 3, topics: null },
    });
  });

  it('makes one gap of those with no message between them', () => {
    const inbox = new Inbox<number>({ messagesMax: 2, bytesMax: 100 });
    inbox.push(arrived(1));
    for (let n = 2; n <= 100; n += 1) {
      inbox.pushGap({ fromMs: n, toMs: n + 1, reason: 'reset', lost: null, topics: null });
    }
    inbox.take();
    expect(inbox.take()).to.deep.include({ kind: 'gap' });
    expect(inbox.take()).to.equal(null);
  });
});
