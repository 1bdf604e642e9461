import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readClocks } from '../../../../modules/monitoring/host/clocks.ts';

describe('monitoring/host: the clocks of one moment', () => {
  /** All of them go on by as much, where the process stands still before the boot time is read. */
  function stoppedAt(stops: readonly number[]): ReturnType<typeof readClocks> {
    let nowMs = 1000;
    let reads = 0;
    return readClocks({
      wallMs: () => nowMs,
      monotonicMs: () => nowMs,
      bootMs: () => (nowMs += stops[reads++] ?? 0),
    });
  }

  it('are read again when the process was stopped between them, as that is no suspend (row 33)', () => {
    const clocks = stoppedAt([12_000, 0]);
    expect(clocks).to.deep.equal({ wallMs: 13_000, monotonicMs: 13_000, bootMs: 13_000 });
  });

  it('are as they are on a machine where that happens every time', () => {
    expect(stoppedAt([100, 100, 100, 100]).bootMs).to.equal(1300);
  });
});
