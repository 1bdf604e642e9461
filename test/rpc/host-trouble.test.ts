import { expect } from 'chai';
import { describe, it } from 'mocha';
import { aroundCrashes, hostBehindLastCrash } from '../../rpc/host-trouble.ts';
import type { StoredEntry } from '../../rpc/journal-files.ts';

const beginMs = Date.UTC(2026, 10, 22, 3);

function entry(second: number, kind: string, data: StoredEntry['data'], text = kind): StoredEntry {
  return { time: timeOf(second), module: 'x', kind, text, data };
}

const timeOf = (second: number) => new Date(beginMs + second * 1000).toISOString();
const level = (second: number, name: string | null, data: StoredEntry['data'] = {}) =>
  entry(second, 'stress', { level: name, ...data }, `${name} at ${second}`);
const pause = (from: number, until: number, data: StoredEntry['data'] = {}) =>
  entry(until, 'pause', { at: timeOf(from), ...data }, `pause ${from} to ${until}`);
const crash = (second: number) => entry(second, 'exit', { asked: false });

describe('the host around a crash', () => {
  const rows: [title: string, host: StoredEntry[], shown: string[]][] = [
    ['a pause just before it', [pause(960, 990)], ['pause 960 to 990']],
    ['a pause in which it happened', [pause(10, 1100)], ['pause 10 to 1100']],
    ['a pause that began a moment later', [pause(1020, 1100)], ['pause 1020 to 1100']],
    ['a pause long before it, and one long after', [pause(10, 800), pause(1100, 1200)], []],
    ['the level that still held', [level(1, 'elevated')], ['elevated at 1']],
    [
      'levels that came shortly before, and the end of them',
      [level(900, 'elevated'), level(910, 'critical'), level(980, 'normal'), level(1020, 'normal')],
      ['elevated at 900', 'critical at 910', 'normal at 980', 'normal at 1020'],
    ],
    ['a level that was over', [level(1, 'critical'), level(500, 'normal')], []],
    ['a level that nobody watched any more', [level(1, 'critical'), level(500, null)], []],
    ['that nobody watched it', [level(995, null)], []],
  ];
  for (const [title, host, shown] of rows) {
    it(`${shown.length === 0 ? 'is not' : 'is'} ${title}`, () => {
      const found = aroundCrashes([entry(999, 'state', {}), crash(1000)], host);
      expect(found.map(({ text }) => text)).to.deep.equal(shown);
    });
  }

  it('is shown with a module that was found unhealthy, and not with one that was stopped', () => {
    const host = [pause(960, 990)];
    const unhealthy = entry(1000, 'health', { health: 'unhealthy' });
    expect(aroundCrashes([unhealthy], host)).to.have.length(1);
    const others = [
      entry(1000, 'exit', { asked: true }),
      entry(1000, 'health', { health: 'healthy' }),
    ];
    expect(aroundCrashes(others, host)).to.deep.equal([]);
    expect(hostBehindLastCrash('bot', others, host)).to.equal(null);
  });

  it('is bounded to its last twenty entries', () => {
    const host = Array.from({ length: 3000 }, (_, n) => pause(900 + n / 100, 900 + n / 100));
    const crashes = Array.from({ length: 2000 }, (_, n) => crash(1000 + n / 100));
    const found = aroundCrashes(crashes, host);
    expect(found).to.deep.equal(host.slice(-20));
  });
});

describe('the host behind the last crash', () => {
  const rows: [title: string, host: StoredEntry[], why: string | null, id: number | null][] = [
    [
      'stood still before it',
      [pause(900, 950, { id: 12 })],
      'just before its last crash: pause 900 to 950',
      12,
    ],
    [
      'was under critical stress',
      [level(1, 'critical', { id: 3 })],
      'at its last crash: critical at 1',
      3,
    ],
    [
      'was kept busy by the module itself',
      [level(1, 'critical', { culprits: [{ module: 'bot' }, null] })],
      'at its last crash: critical at 1, which is this module itself',
      null,
    ],
    [
      'went on, and only the module that watches it did not',
      [pause(900, 990, { cause: 'process', stalled_ms: null })],
      null,
      null,
    ],
    ['stood still long before it', [pause(900, 930)], null, null],
    ['stood still for a moment, and a while before it', [pause(986, 989)], null, null],
    ['stood still only after it', [pause(1001, 1010)], null, null],
    ['was no more than under stress', [level(1, 'elevated')], null, null],
    ['is watched by nobody', [], null, null],
  ];
  for (const [title, host, why, id] of rows) {
    it(`is ${why === null ? 'not ' : ''}the likely cause when it ${title}`, () => {
      // An earlier one, of which nothing is said.
      const found = hostBehindLastCrash('bot', [crash(940), crash(1000)], host);
      expect(found).to.deep.equal(why === null ? null : { why, id });
    });
  }

  it('is nothing without a crash', () => {
    expect(hostBehindLastCrash('bot', [], [pause(0, 1)])).to.equal(null);
  });
});
