import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openHost } from '../../../../modules/monitoring/host/host.ts';

describe('monitoring/host: another platform', () => {
  it('tells once that it has no reader, and answers null for all but the clocks', () => {
    const told: string[] = [];
    const host = openHost({ tell: (message) => told.push(message), platform: 'darwin' });
    const before = host.look();
    const sample = host.sampleBetween(before, host.look());
    expect(told).to.deep.equal([
      'cannot tell how the host is: there is no reader for darwin yet, only for linux',
    ]);
    expect(before.clocks.bootMs).to.be.above(0);
    expect(sample.cpu.cores).to.be.above(0);
    expect(sample.cpu.load1).to.equal(null);
    expect(sample.memory.availablePercent).to.equal(null);
    expect(sample.pressure).to.deep.equal({ cpu: null, memory: null, io: null });
    expect(sample.container).to.equal(null);
  });

  it('has clocks that never step back, and boot time at least as far as monotonic time', () => {
    const host = openHost({ tell: () => undefined, platform: 'darwin' });
    let before = host.look().clocks;
    for (let look = 0; look < 100; look++) {
      const now = host.look().clocks;
      expect(now.monotonicMs).to.be.at.least(before.monotonicMs);
      expect(now.bootMs).to.be.at.least(before.bootMs);
      before = now;
    }
  });
});
