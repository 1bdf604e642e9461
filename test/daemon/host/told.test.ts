import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readTold } from '../../../daemon/host/told.ts';

const culprit = {
  process: { pid: 7, start_ticks: 1, name: 'pg_dump', state: 'R', module: null, cpu_percent: 97 },
  why: 'cpu',
  share: '97 % of a core',
};
const pause = {
  ...{ at: '2026-11-22T03:00:00.000Z', id: 12, cause: 'machine' },
  ...{ actual_ms: 79_000, expected_ms: 5000, excess_ms: 74_000, latency_ratio: 15.8 },
  culprits: [culprit],
  stress: { total: 12 },
};

describe('what is told of the host', () => {
  it('is a pause with its cause, its length and its culprits', () => {
    expect(readTold('stress.pause', pause)).to.deep.equal({
      ...{ kind: 'pause', cause: 'machine', id: 12, atMs: Date.UTC(2026, 10, 22, 3) },
      ...{ actualMs: 79_000, expectedMs: 5000, excessMs: 74_000, latencyRatio: 15.8 },
      culprits: [{ pid: 7, name: 'pg_dump', module: null, why: 'cpu', share: '97 % of a core' }],
    });
  });

  it('is a pause also when its id is not known yet and its culprits are garbage', () => {
    const culprits = [{}, null, 7, { ...culprit, share: 3 }, culprit];
    for (const given of [
      { ...pause, id: null, culprits },
      { ...pause, id: 'x', culprits: 'y' },
    ])
      expect(readTold('stress.pause', given)).to.deep.include({ id: null, culprits: [] });
  });

  it('is bounded: three culprits, with names and words of bounded length', () => {
    const long = 'x'.repeat(100_000);
    const process = { ...culprit.process, name: long, module: long };
    const culprits = Array.from({ length: 1000 }, () => ({ process, why: long, share: long }));
    const told = readTold('stress.pause', { ...pause, culprits });
    expect(told?.culprits).to.have.length(3);
    expect(JSON.stringify(told).length).to.be.lessThan(3000);
  });

  const garbage: unknown[] = [
    ...[null, 'pause', 7, [], {}, { ...pause, cause: 'aliens' }, { ...pause, at: 'now' }],
    ...[
      { ...pause, actual_ms: -1 },
      { ...pause, excess_ms: Infinity },
      { ...pause, expected_ms: '5' },
    ],
  ];
  it('is no pause without all of its figures', () => {
    for (const data of garbage) expect(readTold('stress.pause', data)).to.equal(null);
  });

  it('is a level, whatever else is said of it', () => {
    const stress = { total: 71.5, parts: {}, reasons: ['load', 'memory', 'io', 'steal'] };
    expect(readTold('stress.critical', { id: 3, stress, culprits: [culprit] })).to.deep.include({
      ...{ kind: 'level', level: 'critical', total: 71.5, id: 3 },
      reasons: ['load', 'memory', 'io'],
    });
    for (const data of [null, {}, { stress: 7 }, { stress: { total: 1, reasons: [7] } }, 'x'])
      expect(readTold('stress.normal', data)).to.deep.include({ level: 'normal', reasons: [] });
    expect(readTold('stress.sample', {})).to.equal(null);
  });
});
