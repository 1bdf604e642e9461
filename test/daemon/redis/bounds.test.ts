import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { redisAddress, shownAddress } from '../../../daemon/redis/address.ts';
import { Origins } from '../../../daemon/redis/origins.ts';
import { Outgoing } from '../../../daemon/redis/outgoing.ts';
import { retryDelayMs } from '../../../daemon/redis/retry-delay.ts';

const seed = 96;

describe('what waits for Redis', () => {
  it(`is the newest that fit, given out in order, and every other one is counted (seed ${seed})`, () => {
    const limits = { entriesMax: 5, bytesMax: 60 };
    const step = fc.oneof(fc.nat(25), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const outgoing = new Outgoing(limits);
        let expected: string[] = [];
        let dropped = 0;
        const bytes = () => 2 * expected.reduce((sum, text) => sum + text.length + 1, 0);
        for (const [at, what] of steps.entries()) {
          if (what === 'take') {
            const taken = outgoing.take({ entriesMax: 2, bytesMax: 40 });
            expect(taken.map(({ text }) => text)).to.deep.equal(expected.slice(0, taken.length));
            expect(taken.length).to.be.within(Math.min(1, expected.length), 2);
            expected = expected.slice(taken.length);
          } else {
            const text = String(at).padEnd(what, '.');
            outgoing.push({ channel: 'c', text });
            expected.push(text);
            while (expected.length > limits.entriesMax || bytes() > limits.bytesMax) {
              expected.shift();
              dropped += 1;
            }
          }
          const { size, bytes: held, dropped: lost } = outgoing;
          expect([size, held, lost]).to.deep.equal([expected.length, bytes(), dropped]);
        }
      }),
      { seed },
    );
  });
});

describe('how far other daemons have come', () => {
  it(`counts each missing event once, and lets each through once (seed ${seed})`, () => {
    const arrival = fc.record({
      from: fc.constantFrom('a', 'b'),
      n: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
        const origins = new Origins();
        const through = new Map<string, number[]>();
        let missed = 0;
        for (const { from, n } of arrivals) {
          const count = origins.arrived(from, n);
          if (count === 'again') continue;
          missed += Number(count);
          through.set(from, [...(through.get(from) ?? []), n]);
        }
        let expected = 0;
        for (const numbers of through.values()) {
          expect(numbers).to.deep.equal([...new Set(numbers)].sort((x, y) => x - y));
          expected += (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1 - numbers.length;
        }
        expect(missed).to.equal(expected);
      }),
      { seed },
    );
  });

  it('misses nothing a second time of which it was told that anything may be missing', () => {
    const origins = new Origins();
    origins.arrived('a', 1);
    origins.forgive();
    expect([
      origins.arrived('a', 1),
      origins.arrived('a', 9),
      origins.arrived('a', 11),
    ]).to.deep.equal(['again', 0, 1]);
    origins.forgive();
    expect([origins.told('a', 20), origins.told('a', 22), origins.told('a', 22)]).to.deep.equal([
      0, 2, 0,
    ]);
  });

  it('believes in no leap before its origin goes on from there, so that no stranger silences a daemon', () => {
    const origins = new Origins();
    const absurd = Number.MAX_SAFE_INTEGER;
    origins.arrived('a', 1);
    expect([
      origins.arrived('a', absurd),
      origins.arrived('a', absurd),
      origins.told('a', absurd - 1),
      origins.arrived('a', 2),
      origins.told('a', 4),
    ]).to.deep.equal(['unknown', 'again', 'unknown', 0, 2]);
    const far = 5_000_000;
    expect([
      origins.arrived('a', far),
      origins.arrived('a', far + 2),
      origins.arrived('a', 5),
      origins.arrived('a', far + 3),
    ]).to.deep.equal(['unknown', 1, 'again', 0]);
  });

  it('forgets those that were heard longest ago when there are too many', () => {
    const origins = new Origins();
    for (let at = 0; at < 1000; at += 1) origins.arrived(`o${at}`, 1);
    origins.arrived('o0', 2);
    origins.arrived('one more', 1);
    expect(origins.size).to.equal(1000);
    expect([origins.arrived('o0', 2), origins.arrived('o1', 1)]).to.deep.equal(['again', 0]);
  });
});

describe('the address of Redis', () => {
  const rows: [string, object, string][] = [
    ['redis://h', { host: 'h', port: 6379, isTls: false, password: null, db: 0 }, 'h:6379'],
    ['rediss://u:p%40s%25@h:1/3', { isTls: true, username: 'u', password: 'p@s%', db: 3 }, 'h:1/3'],
    ['redis://:50%@h/', { username: null, password: '50%', db: 0 }, 'h:6379'],
    ['redis://[::1]:7', { host: '::1', port: 7 }, '[::1]:7'],
  ];
  for (const [url, expected, shown] of rows) {
    it(`of ${url} is shown as ${shown}`, () => {
      expect(redisAddress(url)).to.deep.include(expected);
      expect(shownAddress(redisAddress(url))).to.equal(shown);
    });
  }
});

describe('the wait before Redis is tried again', () => {
  it('grows to 5 s, and may be any part of that but nothing', () => {
    const most = [1, 2, 3, 6, 7, 2000].map((failures) => retryDelayMs(failures, 1));
    expect(most).to.deep.equal([200, 400, 800, 5000, 5000, 5000]);
    expect([retryDelayMs(1, 0), retryDelayMs(2000, 0)]).to.deep.equal([50, 50]);
  });
});
