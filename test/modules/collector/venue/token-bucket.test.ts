import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { VenueError } from '../../../../modules/collector/venue/error.ts';
import { rateOf, venueLimits, windowMs } from '../../../../modules/collector/venue/limits.ts';
import { RateLimiter } from '../../../../modules/collector/venue/rate-limiter.ts';
import { draw, fullBucket, heldUntil } from '../../../../modules/collector/venue/token-bucket.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const seed = 7_141_203;
const never = new AbortController().signal;

describe("the venue's rate limits", () => {
  for (const [endpoint, limit] of Object.entries(venueLimits))
    it(`lets at most what is published for ${endpoint} through in any 10 s, however often it is asked (seed ${seed})`, () => {
      const rate = rateOf(limit);
      const pauses = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })), {
        minLength: limit.published,
        maxLength: limit.published * 2,
      });
      fc.assert(
        fc.property(pauses, (gaps) => {
          let nowMs = 1e6;
          let bucket = fullBucket(rate, nowMs);
          const gone = gaps.map((gapMs) => {
            nowMs += gapMs;
            const drawn = draw(rate, bucket, nowMs);
            bucket = drawn.bucket;
            return nowMs + drawn.waitMs;
          });
          expect(gone).to.deep.equal(
            [...gone].sort((a, b) => a - b),
            'who came first goes first',
          );
          gone.forEach((toMs, at) => {
            const first = gone.findIndex((ms) => ms > toMs - windowMs);
            expect(at - first + 1).to.be.at.most(limit.published * 0.65);
          });
        }),
        { seed, numRuns: 15 },
      );
    });

  it('lets nothing through before the venue wants to be asked again, and no burst then', () => {
    const rate = { burst: 10, perMs: 0.01 };
    const held = heldUntil(fullBucket(rate, 0), 5000);
    const first = draw(rate, held, 1000);
    const second = draw(rate, first.bucket, 1000);
    expect([first.waitMs, second.waitMs]).to.deep.equal([4100, 4200]);
    expect(heldUntil(second.bucket, 3000)).to.equal(second.bucket);
  });

  it('makes who is over the limit wait, each a little longer, and counts what has gone without asking', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    const { burst, perMs } = rateOf(venueLimits.data_trades);
    for (let turn = 0; turn < burst; turn += 1) await limiter.turn('data_trades', never);
    limiter.charge('data_trades');
    let isOver = false;
    const next = limiter.turn('data_trades', never).then(() => (isOver = true));
    await clock.advance(2 / perMs - 1);
    expect(isOver).to.equal(false);
    await clock.advance(1);
    await next;
    expect(limiter.waitedMs).to.equal(2 / perMs);
    await limiter.turn('gamma_events', never);
  });

  it('holds back everything at the host that asked for patience, and nothing elsewhere', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    limiter.hold('gamma', 30_000);
    const order: string[] = [];
    const events = limiter.turn('gamma_events', never).then(() => order.push('events'));
    const markets = limiter.turn('gamma_markets', never).then(() => order.push('markets'));
    await limiter.turn('clob_books', never);
    order.push('books');
    await clock.advance(29_999);
    expect(order).to.deep.equal(['books']);
    await clock.advance(1000);
    await Promise.all([events, markets]);
    expect(order).to.have.members(['books', 'events', 'markets']);
  });

  it('fails at once when the wait would be longer than a cycle, and takes nothing for it', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock);
    limiter.hold('data', 3_600_000);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error: unknown = await limiter.turn('data_trades', never).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(VenueError);
      expect((error as VenueError).kind).to.equal('held');
    }
    await clock.advance(3_600_000 - 1000);
    const turn = limiter.turn('data_trades', never);
    await clock.advance(2000);
    await turn;
  });

  it('ends a wait as soon as the signal aborts, with its reason', async () => {
    const limiter = new RateLimiter(new FakeClock());
    limiter.hold('clob', 10_000);
    const stop = new AbortController();
    const turn = limiter.turn('clob_books', stop.signal).catch((e: unknown) => e);
    stop.abort(new Error('stopping'));
    expect(await turn).to.have.property('message', 'stopping');
  });
});
