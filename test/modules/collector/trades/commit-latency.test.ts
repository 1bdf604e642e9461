import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CommitLatency } from '../../../../modules/collector/trades/commit-latency.ts';

describe('the time from a frame to its trades being safe', () => {
  it('is told of the last minute only', () => {
    let nowMs = 0;
    const latency = new CommitLatency(() => nowMs);
    expect(latency.lastMinute()).to.equal(null);
    latency.stored([{ receivedAtMs: 0 }], 1500);
    nowMs = 30_000;
    latency.stored(
      Array.from({ length: 99 }, () => ({ receivedAtMs: 900 })),
      1000,
    );
    expect(latency.lastMinute()).to.deep.equal({ p50: 100, p99: 100, max: 1500 });
    nowMs = 60_000;
    expect(latency.lastMinute()).to.deep.equal({ p50: 100, p99: 100, max: 100 });
    nowMs = 90_000;
    expect(latency.lastMinute()).to.equal(null);
  });

  it('is never below zero, also when the clock was set back', () => {
    const latency = new CommitLatency(() => 0);
    latency.stored([{ receivedAtMs: 2000 }], 1000);
    expect(latency.lastMinute()).to.deep.equal({ p50: 1, p99: 1, max: 1 });
  });
});
