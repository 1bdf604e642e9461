import { expect } from 'chai';
import { describe, it } from 'mocha';
import { History } from '../../../daemon/bus/history.ts';

/** A history of three events each way, which begins with number 100. */
function filled(topics: readonly string[], limits: { bytesMax?: number; topicsMax?: number } = {}) {
  const { bytesMax = 1_000_000, topicsMax = 100 } = limits;
  const history = new History({ entriesMax: 3, bytesMax, topicsMax }, 100);
  for (const [at, topic] of topics.entries())
    history.push({ seq: 100 + at, topic, text: `${100 + at}` });
  return {
    history,
    since: (from: number, ...patterns: string[]) => {
      const { events, lostCount } = history.since(from, patterns, 99 + topics.length);
      return { seqs: events.map(({ seq }) => seq), lostCount };
    },
  };
}

describe('the history of events (row 70)', () => {
  it('goes on after a number, in order, with what matches', () => {
    const { since } = filled(['a', 'module.ready', 'b', 'module.stopped']);
    expect(since(100, '**')).to.deep.equal({ seqs: [101, 102, 103], lostCount: 0 });
    expect(since(100, 'a', 'module.*')).to.deep.equal({ seqs: [101, 103], lostCount: 0 });
    expect(since(103, '**')).to.deep.equal({ seqs: [], lostCount: 0 });
  });

  it('keeps what the daemon says however much the modules say', () => {
    const { history, since } = filled(['module.ready', 'a', 'a', 'a', 'a', 'a']);
    expect(history.kept(null).map(({ seq }) => seq)).to.deep.equal([100, 103, 104, 105]);
    expect(since(0, 'module.**')).to.deep.equal({ seqs: [100], lostCount: 0 });
  });

  it('keeps no samples of the host, which would push out all that modules say', () => {
    const { history, since } = filled([
      'order',
      ...Array<string>(50).fill('stress.sample'),
      'stress.pause',
    ]);
    expect(history.kept(null).map(({ topic }) => topic)).to.deep.equal(['order', 'stress.pause']);
    expect(since(99, 'stress.**')).to.deep.equal({ seqs: [151], lostCount: 0 });
  });

  it('says how many are gone at most, and nothing of the sort when none of those matched', () => {
    const { since } = filled(['rare', 'often', 'often', 'often', 'often', 'often']);
    expect(since(101, 'often')).to.deep.equal({ seqs: [103, 104, 105], lostCount: 1 });
    expect(since(102, 'often')).to.deep.equal({ seqs: [103, 104, 105], lostCount: 0 });
    expect(since(100, 'rare')).to.deep.equal({ seqs: [], lostCount: 0 });
    expect(since(99, 'rare')).to.deep.equal({ seqs: [], lostCount: 1 });
    expect(since(0, 'rare', 'often')).to.deep.equal({ seqs: [103, 104, 105], lostCount: 3 });
  });

  it('gives all it has, and says that nobody knows, to who comes from another daemon', () => {
    const { since } = filled(['a', 'a']);
    for (const from of [1, 50, 98, 102, 5000])
      expect(since(from, 'a')).to.deep.equal({ seqs: [100, 101], lostCount: null });
    // The last number of an earlier one that nothing followed.
    expect(since(99, 'a')).to.deep.equal({ seqs: [100, 101], lostCount: 0 });
  });

  it('rather tells of a loss too much when there were too many topics to remember', () => {
    const { since } = filled(['a', 'b', 'c', 'd', 'e', 'f', 'g'], { topicsMax: 2 });
    expect(since(101, 'g')).to.deep.equal({ seqs: [106], lostCount: 1 });
    expect(since(102, 'g')).to.deep.equal({ seqs: [106], lostCount: 0 });
  });

  it('is bounded in bytes as well', () => {
    const { history, since } = filled(['a', 'a', 'a'], { bytesMax: 12 });
    expect([history.size, history.bytes]).to.deep.equal([2, 12]);
    expect(since(99, 'a')).to.deep.equal({ seqs: [101, 102], lostCount: 1 });
  });
});
