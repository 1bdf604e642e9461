import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { KnownTopics } from '../../../daemon/bus/known-topics.ts';
import { Matcher } from '../../../daemon/bus/matcher.ts';

const seed = 20261122;
const patterns = fc.constantFrom('a', 'a.b', '*', 'a.*', '**', 'a.**', 'b.**');
const topics = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'a.b.c');
const steps = fc.record({ act: fc.constantFrom('add', 'remove', 'match'), patterns, topics });

describe('topics that are known', () => {
  it(`find what the matcher finds, whatever was added and removed between (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (acts) => {
        const matcher = new Matcher<string>();
        const known = new KnownTopics(matcher);
        for (const { act, patterns: pattern, topics: topic } of acts) {
          if (act === 'add') matcher.add(pattern, pattern);
          else if (act === 'remove') matcher.remove(pattern, pattern);
          else expect(known.match(topic)).to.deep.equal([...matcher.match(topic)]);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it('are bounded in number, and found again', () => {
    const matcher = new Matcher<number>();
    matcher.add('price.*', 1);
    const known = new KnownTopics(matcher);
    for (let at = 0; at < 10_000; at += 1) expect(known.match(`price.${at}`)).to.deep.equal([1]);
    expect(known.size).to.be.at.most(4096);
  });
});
