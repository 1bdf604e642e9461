import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleBetween } from '../../../../modules/monitoring/host/between.ts';
import type { HostLook } from '../../../../modules/monitoring/host/look.ts';
import { assess, type Known } from '../../../../modules/monitoring/stress/assessment.ts';
import { normalLevels } from '../../../../modules/monitoring/stress/levels.ts';
import { lookAt } from '../host/looks.ts';

const mb = 1e6;
const usual = { fastBytesPerSecond: 2 * mb, slowBytesPerSecond: 2 * mb, samples: 60 };
const context = {
  host: { sampleBetween },
  expectedMs: 5000,
  normalIntervalMs: 5000,
  nowMs: 0,
  thresholds: { elevated: 30, critical: 60 },
};

function written(atMs: number, writtenBytes: number): HostLook {
  return lookAt(atMs, { disks: new Map([['vda', { readBytes: 0, writtenBytes, busyMs: 0 }]]) });
}

function knownAt(look: HostLook | null): Known {
  return { look, baseline: usual, levels: normalLevels };
}

describe('the assessment of a look', () => {
  it('asks the baseline before it teaches it (row 29)', () => {
    const now = written(6000, 10.05 * 2 * mb * 5);
    const { stress, known } = assess(knownAt(written(1000, 0)), now, context);
    expect(stress.parts.io).to.equal(20);
    expect(known.baseline.slowBytesPerSecond).to.be.above(usual.slowBytesPerSecond);
  });

  it('learns by how long the interval was', () => {
    const normal = assess(knownAt(written(1000, 0)), written(6000, 20 * mb), context);
    const short = assess(knownAt(written(1000, 0)), written(2000, 4 * mb), context);
    const moved = ({ known }: typeof normal) => known.baseline.fastBytesPerSecond - 2 * mb;
    expect(moved(normal)).to.be.closeTo(0.2 * mb, 1);
    expect(moved(short)).to.be.within(moved(normal) / 6, moved(normal) / 4);
  });

  it('teaches the baseline nothing where the host does not tell', () => {
    const { stress, known } = assess(knownAt(lookAt(1000)), lookAt(6000), context);
    expect(known.baseline).to.equal(usual);
    expect(stress.parts.io).to.equal(0);
  });

  it('has no interval to judge without a look before', () => {
    const { verdict, known } = assess(knownAt(null), lookAt(99_000), context);
    expect(verdict).to.deep.equal({ kind: 'none', latencyRatio: 1 });
    expect(known.look).to.deep.equal(lookAt(99_000));
  });

  it('counts a late sample for the level, and not one that is a pause', () => {
    const late = assess(knownAt(lookAt(0)), lookAt(9900), { ...context, expectedMs: 5000 });
    expect(late.stress.parts.latency).to.equal(19);
    const low = { elevated: 10, critical: 60 };
    const elevated = assess(knownAt(lookAt(0)), lookAt(9900), { ...context, thresholds: low });
    expect(elevated.known.levels.level).to.equal('elevated');
    const paused = assess(knownAt(lookAt(0)), lookAt(15_000), { ...context, thresholds: low });
    expect(paused.stress.parts.latency).to.equal(30);
    expect(paused.known.levels.level).to.equal('normal');
  });
});
