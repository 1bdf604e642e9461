import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger } from '../../../../modules/api/log.ts';
import { Following } from '../../../../modules/collector/trades/following.ts';
import type { Gap } from '../../../../modules/collector/trades/repairs.ts';
import { Tokens } from '../../../../modules/collector/trades/tokens.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const refreshMs = 60_000;
const newTokenMs = 660_000;

describe('following the tokens of the active markets', () => {
  /** @param knownMs since the start of the run; null: not in its life */
  function following(tokenIds: readonly string[], knownMs: number | null = null) {
    const clock = new FakeClock();
    const startMs = clock.now();
    const stop = new AbortController();
    const venue = {
      tokenIds,
      marketsKnownMs: knownMs === null ? null : startMs + knownMs,
      isAway: false,
    };
    const gaps: (readonly [readonly string[] | null, number, number])[] = [];
    const looksMs: number[] = [];
    let followed: readonly string[] = [];
    const loop = new Following({
      store: {
        activeTokens: () => {
          looksMs.push(clock.now() - startMs);
          if (venue.isAway) return Promise.reject(new Error('the database is away'));
          return Promise.resolve(
            venue.tokenIds.map((tokenId) => ({ tokenId, conditionId: `of ${tokenId}` })),
          );
        },
      },
      tokens: new Tokens(),
      marketsMax: 100,
      refreshMs,
      newTokenMs,
      marketsKnownMs: () => venue.marketsKnownMs,
      follow: (tokenIds) => {
        const added = tokenIds.filter((one) => !followed.includes(one));
        followed = tokenIds;
        return added;
      },
      onGap: ({ tokenIds, fromMs, toMs }: Gap) =>
        gaps.push([tokenIds, fromMs - startMs, toMs - startMs]),
      clock,
      log: createLogger(() => undefined),
    });
    const running = loop.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    return { clock, startMs, venue, gaps, looksMs, loop, end };
  }

  it('looks every second while there is no token, and each minute once there is one', async () => {
    const { clock, venue, looksMs, gaps, end } = following([]);
    await clock.advance(2500);
    expect(looksMs).to.deep.equal([0, 1000, 2000]);
    venue.tokenIds = ['a'];
    await clock.advance(120_500);
    expect(looksMs.slice(3)).to.deep.equal([3000, 63_000, 123_000]);
    expect(gaps, 'what the first look finds is as old as this run').to.deep.equal([]);
    await end();
  });

  it('looks back for what a new token had traded: as long as a token may be unknown', async () => {
    const { clock, venue, gaps, end } = following(['a'], 0);
    await clock.advance(1000);
    venue.tokenIds = ['a', 'b'];
    await clock.advance(refreshMs);
    expect(gaps).to.deep.equal([[['b'], refreshMs - newTokenMs, refreshMs]]);
    await end();
  });

  it('looks back to when all markets were known last, while the list of markets fails', async () => {
    const { clock, startMs, venue, gaps, end } = following(['a'], -5000);
    await clock.advance(1000);
    // An hour in which no list is whole; then one is, and tells of a market as old as that.
    await clock.advance(60 * refreshMs);
    venue.tokenIds = ['a', 'b'];
    venue.marketsKnownMs = startMs + 3_600_000;
    await clock.advance(refreshMs);
    expect(gaps).to.deep.equal([[['b'], -5000, 61 * refreshMs]]);
    await end();
  });

  it('looks back to when earlier runs ended, where this one has not known the markets before', async () => {
    const { clock, startMs, venue, gaps, loop, end } = following(['a']);
    loop.absentSince(startMs - 7_200_000);
    loop.absentSince(startMs - 3_600_000);
    await clock.advance(1000);
    venue.tokenIds = ['a', 'b'];
    await clock.advance(refreshMs);
    expect(gaps).to.deep.equal([[['b'], -7_200_000, refreshMs]]);
    await end();
  });

  it('reads the tokens again the next time, when they cannot be read', async () => {
    const { clock, venue, looksMs, gaps, end } = following(['a']);
    await clock.advance(1000);
    venue.isAway = true;
    await clock.advance(2 * refreshMs);
    venue.isAway = false;
    venue.tokenIds = ['b'];
    await clock.advance(refreshMs);
    expect(looksMs).to.deep.equal([0, 60_000, 120_000, 180_000]);
    expect(gaps).to.deep.equal([[['b'], 3 * refreshMs - newTokenMs, 3 * refreshMs]]);
    await end();
  });
});
