import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { HostPause } from '../../../daemon/host/pauses.ts';
import type { ToldPause } from '../../../daemon/host/told.ts';
import { pauseData, pauseInWords, stressInWords } from '../../../daemon/journal/host-wording.ts';

const culprits = [
  { pid: 7, name: 'node', module: 'trading', why: 'cpu', share: '97 % of a core' },
  { pid: 8, name: 'gzip', module: null, why: 'io', share: '90 MB/s' },
];
const told: ToldPause = {
  ...{ kind: 'pause', cause: 'machine', actualMs: 79_000, expectedMs: 5000, excessMs: 74_000 },
  ...{ latencyRatio: 15.8, atMs: 0, id: 12, culprits },
};
const beganMs = Date.UTC(2026, 10, 22, 3);
const lost = { stalledMs: 3021.4, suspendedMs: 0 };

describe('the host in words', () => {
  const rows: [Omit<HostPause, 'beganMs'>, string][] = [
    [{ lost, told: null }, 'this daemon was not run for 3 s'],
    [
      { lost: { stalledMs: 2, suspendedMs: 60_000 }, told: null },
      'the machine slept for 1 min 0 s',
    ],
    [
      { lost, told },
      'the host itself stood still for 1 min 14 s; heaviest: node of trading (pid 7, 97 % of a core)',
    ],
    [
      { lost, told: { ...told, cause: 'process', culprits: [] } },
      'processes were not run while the host went on, for 1 min 14 s',
    ],
    [
      { lost: null, told: { ...told, cause: 'process', culprits: [] } },
      'the module that watches the host was not run, but host and daemon were, for 1 min 14 s',
    ],
  ];
  for (const [pause, text] of rows) {
    it(`says "${text}"`, () => {
      expect(pauseInWords({ ...pause, beganMs })).to.include({ kind: 'pause', text });
    });
  }

  it('has of a pause what both know, and null where one of them knows nothing', () => {
    const at = '2026-11-22T03:00:00.000Z';
    const unknown = { cause: null, actual_ms: null, expected_ms: null, excess_ms: null };
    expect(pauseData({ lost, told: null, beganMs })).to.deep.equal({
      ...{ stalled_ms: 3021, suspended_ms: 0, at, ...unknown, latency_ratio: null, id: null },
      culprits: [],
    });
    expect(pauseData({ lost: null, told, beganMs })).to.deep.equal({
      ...{ stalled_ms: null, suspended_ms: null, at, cause: 'machine', actual_ms: 79_000 },
      ...{ expected_ms: 5000, excess_ms: 74_000, latency_ratio: 15.8, id: 12, culprits },
    });
  });

  it('tells a level with its score, its heaviest reason and the heaviest process', () => {
    const level = { kind: 'level', level: 'critical', total: 71.5, id: 3, culprits } as const;
    const { kind, text, data } = stressInWords({ ...level, reasons: ['load 16', 'memory'] });
    expect({ kind, text }).to.deep.equal({
      kind: 'stress',
      text: 'the host is under critical stress (72 of 100): load 16; heaviest: node of trading (pid 7, 97 % of a core)',
    });
    expect(data).to.deep.include({ level: 'critical', id: 3, reasons: ['load 16', 'memory'] });
    const calm = { ...level, level: 'normal', total: 8, culprits: [] } as const;
    expect(stressInWords({ ...calm, reasons: ['io'] }).text).to.equal(
      'the host is calm again (8 of 100)',
    );
    expect(stressInWords(null).data).to.deep.equal({ level: null });
  });
});
