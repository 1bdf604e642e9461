import fc from 'fast-check';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Activity } from '../../../../modules/collector/trades/activity.ts';
import { place } from '../../../../modules/collector/trades/placement.ts';

const seed = 20261122;

describe('the silence that is allowed', () => {
  function after(moments: number, everyMs: number): Activity {
    const activity = new Activity({ silenceMsMin: 15_000 });
    for (let at = 0; at < moments; at += 1) activity.seen(at * everyMs);
    return activity;
  }

  it('has no bound before anything came, nor for markets that hardly move', () => {
    expect(after(0, 1).allowedSilenceMs(1e6)).to.equal(null);
    expect(after(20, 60_000).allowedSilenceMs(20 * 60_000)).to.equal(null);
  });

  it('is short for busy markets, longer for slower ones, and never below the least', () => {
    const busy = after(20_000, 100);
    expect(busy.allowedSilenceMs(2_000_000)).to.equal(15_000);
    const slower = after(1000, 2000).allowedSilenceMs(2_000_000)!;
    expect(slower).to.be.within(39_000, 42_000);
  });

  it('takes a burst for one moment', () => {
    const activity = new Activity({ silenceMsMin: 15_000 });
    for (let event = 0; event < 5000; event += 1) activity.seen(event / 20);
    expect(activity.allowedSilenceMs(1000)).to.equal(null);
  });

  it('grows with each time that it was exceeded for nothing, until there is no bound', () => {
    const activity = after(20_000, 500);
    const bounds = [0, 1, 2, 3, 4].map(() => {
      const bound = activity.allowedSilenceMs(9_999_500);
      activity.doubted();
      return bound === null ? null : Math.round(bound / 1000);
    });
    expect(bounds).to.deep.equal([15, 40, 160, null, null]);
  });
});

describe('the places of tokens', () => {
  const at = (stream: string, ...tokenIds: string[]) => ({ stream, tokenIds: new Set(tokenIds) });

  it('are kept where they are; new ones fill up, then open a connection more', () => {
    expect(
      place([at('trades/0', 'a', 'b'), at('trades/1', 'c')], ['b', 'c', 'd', 'e', 'f'], 2),
    ).to.deep.equal({
      remove: [{ stream: 'trades/0', tokenIds: ['a'] }],
      add: [
        { stream: 'trades/0', tokenIds: ['d'] },
        { stream: 'trades/1', tokenIds: ['e'] },
      ],
      open: [{ stream: 'trades/2', tokenIds: ['f'] }],
      close: [],
    });
    expect(place([at('trades/0', 'a'), at('trades/1', 'c')], ['c'], 2).close).to.deep.equal([
      'trades/0',
    ]);
  });

  it(`follow what is wanted, each once and no more than allowed (seed ${seed})`, () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 40 }).map(String), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(tokens, { maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        (rounds, max) => {
          const places = new Map<string, Set<string>>();
          for (const wanted of rounds) {
            const before = [...places].map(([stream, tokenIds]) => ({ stream, tokenIds }));
            const steps = place(before, wanted, max);
            for (const { stream, tokenIds } of steps.remove) {
              for (const tokenId of tokenIds) places.get(stream)!.delete(tokenId);
            }
            for (const stream of steps.close) places.delete(stream);
            for (const { stream, tokenIds } of steps.open) places.set(stream, new Set(tokenIds));
            for (const { stream, tokenIds } of steps.add) {
              for (const tokenId of tokenIds) places.get(stream)!.add(tokenId);
            }
            const followed = [...places.values()].flatMap((one) => [...one]);
            expect(followed.sort()).to.deep.equal([...new Set(wanted)].sort());
            for (const one of places.values()) expect(one.size).to.be.within(1, max);
          }
        },
      ),
      { seed },
    );
  });
});
