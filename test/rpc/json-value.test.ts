import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { isJsonValue } from '../../rpc/json-value.ts';
import { isPublishParams, publishParams } from '../../rpc/shapes-event.ts';
import { json } from '../../rpc/shapes.ts';

const seed = 20261122;
// What JSON.parse can give, and what it cannot.
const odd = fc.constantFrom<unknown>(
  Infinity,
  JSON.parse('1e999'),
  JSON.parse('{"__proto__":1}'),
  JSON.parse('{"a":{"__proto__":{"b":2}}}'),
  undefined,
  [undefined],
);
const values = fc.oneof({ weight: 4, arbitrary: fc.jsonValue() }, odd, fc.array(odd));

describe('the short way round a schema', () => {
  it(`takes a JSON value only when the schema does, and as it is (seed ${seed})`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const parsed = json.safeParse(value);
        const isUnchanged = parsed.success && JSON.stringify(parsed.data) === JSON.stringify(value);
        expect(isJsonValue(value)).to.equal(isUnchanged);
      }),
      { seed, numRuns: 500 },
    );
  });

  const topics = fc.constantFrom<unknown>('a', 'price.BTC.update', 'a..b', '', 'a.*', 7, undefined);
  const params = fc
    .tuple(topics, values, fc.constantFrom({}, { more: 1 }, { auth: undefined }))
    .map(([topic, data, rest]) => ({ topic, data, ...rest }));

  it(`says yes to what is published only where the schema changes nothing (seed ${seed})`, () => {
    let count = 0;
    fc.assert(
      fc.property(params, (given) => {
        if (!isPublishParams(given)) return;
        count += 1;
        expect(publishParams.parse(given)).to.deep.equal(given);
      }),
      { seed, numRuns: 1000 },
    );
    expect(count).to.be.greaterThan(50);
  });

  it('is taken by a usual event', () => {
    expect(isPublishParams({ topic: 'price.BTC.update', data: { n: [1, null, 'x'] } })).to.be.true;
  });
});
