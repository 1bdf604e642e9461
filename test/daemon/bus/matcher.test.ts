import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Matcher } from '../../../daemon/bus/matcher.ts';

const seed = 20260611;
// Few words, so that random patterns and topics often meet.
const word = fc.constantFrom('a', 'b', 'c');
const topics = fc.array(word, { minLength: 1, maxLength: 7 }).map((words) => words.join('.'));
const patterns = fc
  .array(fc.oneof({ weight: 3, arbitrary: word }, fc.constantFrom('*', '**')), {
    minLength: 1,
    maxLength: 7,
  })
  .map((words) => words.join('.'));

/** By the definition, one pattern at a time. */
function matches([first, ...pattern]: string[], topic: string[]): boolean {
  if (first === undefined) return topic.length === 0;
  if (first === '**') {
    const rests = Array.from({ length: topic.length + 1 }, (_, at) => topic.slice(at));
    return rests.some((rest) => matches(pattern, rest));
  }
  const [word, ...rest] = topic;
  return word !== undefined && (first === '*' || first === word) && matches(pattern, rest);
}

function expected(kept: readonly string[], topic: string): string[] {
  return [...new Set(kept)].filter((one) => matches(one.split('.'), topic.split('.'))).sort();
}

describe('the matcher of topics', () => {
  const rows: [string, string, boolean][] = [
    ['price.BTC.update', 'price.BTC.update', true],
    ['price.BTC.update', 'price.BTC.updates', false],
    ['price.*.update', 'price.BTC.update', true],
    ['price.*.update', 'price.update', false],
    ['price.*.update', 'price.a.b.update', false],
    ['price.**', 'price', true],
    ['price.**', 'price.a.b.c', true],
    ['price.**', 'prices.a', false],
    ['price.**.update', 'price.update', true],
    ['price.**.update', 'price.a.b.update', true],
    ['price.**.update', 'price.update.a', false],
    ['**', 'anything.at.all', true],
    ['**.update', 'update', true],
    ['*', 'a', true],
    ['*', 'a.b', false],
    ['a.**.**.b', 'a.b', true],
    ['constructor.*', 'constructor.name', true],
    ['constructor.*', '__proto__.name', false],
  ];
  for (const [pattern, topic, does] of rows)
    it(`says that ${pattern} ${does ? 'matches' : 'does not match'} ${topic} (row 70)`, () => {
      const matcher = new Matcher<number>();
      matcher.add(pattern, 1);
      expect(matcher.match(topic).size).to.equal(does ? 1 : 0);
    });

  it(`finds what a comparison with each pattern finds, also after removals (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(patterns, fc.boolean())), topics, (given, topic) => {
        const matcher = new Matcher<string>();
        for (const [pattern] of given) matcher.add(pattern, pattern);
        const removed = new Set(given.filter(([, goes]) => goes).map(([pattern]) => pattern));
        for (const pattern of removed) matcher.remove(pattern, pattern);
        const kept = given.map(([pattern]) => pattern).filter((pattern) => !removed.has(pattern));
        expect([...matcher.match(topic)].sort()).to.deep.equal(expected(kept, topic));
        expect(matcher.patternCount).to.be.at.most(new Set(kept).size);
        for (const pattern of kept) matcher.remove(pattern, pattern);
        expect(matcher.isEmpty).to.equal(true);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('gives a value once that several of its patterns match, and keeps values apart', () => {
    const matcher = new Matcher<string>();
    for (const pattern of ['a.b', 'a.*', '**', '**.**']) matcher.add(pattern, 'one');
    matcher.add('a.b', 'two');
    matcher.add('a.b', 'two');
    expect([...matcher.match('a.b')].sort()).to.deep.equal(['one', 'two']);
    matcher.remove('a.b', 'one');
    expect([...matcher.match('a.b')].sort()).to.deep.equal(['one', 'two']);
    matcher.remove('a.b', 'nobody');
    matcher.remove('never.added', 'two');
    expect(matcher.patternCount).to.equal(3);
  });

  it('needs no more steps for a pattern made to try every division of a topic', () => {
    const matcher = new Matcher<number>();
    matcher.add(Array.from({ length: 8 }, () => '**.a').join('.'), 1);
    // By trying one division after the other that would take some ten thousand visits each.
    for (let time = 0; time < 5000; time += 1)
      expect(matcher.match('a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b').size).to.equal(0);
  });
});
