import { expect } from 'chai';
import { describe, it } from 'mocha';
import { withLoopLag } from '../../../modules/api/loop-lag.ts';

const lag = { maxMs: 812.4, p99Ms: 60.6, utilization: 0.9 };
const figures = { loop_lag_ms: 812, loop_lag_p99_ms: 61 };

describe('a module’s answer to link.health (row 89)', () => {
  it('tells how late its event loop was, beside what its author tells', () => {
    expect(withLoopLag({ healthy: true }, lag)).to.deep.equal({ healthy: true, details: figures });
    const told = withLoopLag({ healthy: false, details: { open: 3 } }, lag);
    expect(told).to.deep.equal({ healthy: false, details: { ...figures, open: 3 } });
  });

  it('leaves the author’s details alone where they have no room for it', () => {
    for (const details of [null, 7, 'well', [1]]) {
      expect(withLoopLag({ healthy: true, details }, lag)).to.deep.equal({
        healthy: true,
        details,
      });
    }
    const own = { loop_lag_ms: 'my own' };
    expect(withLoopLag({ healthy: true, details: own }, lag).details).to.include(own);
  });

  it('says nothing where it was not measured', () => {
    const unknown = { maxMs: null, p99Ms: null, utilization: 0.9 };
    expect(withLoopLag({ healthy: true }, unknown)).to.deep.equal({ healthy: true });
  });
});
