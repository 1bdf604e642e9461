import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Ring } from '../../../modules/monitoring/ring.ts';
import { calm } from '../../../modules/monitoring/stress.ts';
import type { StoredSample } from '../../../modules/monitoring/store.ts';
import { shareOf } from './processes/processes-at-play.ts';
import { sampleOf } from './samples.ts';

function entryAt(second: number, intervalMs: number, processes = 0): StoredSample {
  // The wall clock steps back an hour in the middle; what is kept shall not hang on it.
  const atMs = second * 1000 - (second > 50 ? 3_600_000 : 0);
  return {
    sample: { ...sampleOf({}), atMs, intervalMs },
    stress: calm,
    processes: Array.from({ length: processes }, (_, pid) => shareOf({ pid, cpuPercent: 1 + pid })),
  };
}

describe('the ring of the last samples (row 47)', () => {
  it('goes back thirty seconds at one a second, whatever the wall clock does', () => {
    const ring = new Ring();
    for (let second = 1; second <= 100; second++) ring.add(entryAt(second, 1000));
    const kept = ring.frozen();
    expect(kept).to.have.lengthOf(31);
    expect(kept.at(-1)?.sample.atMs).to.equal(entryAt(100, 1000).sample.atMs);
    expect(kept[0]?.sample.atMs).to.equal(entryAt(70, 1000).sample.atMs);
  });

  it('goes back as far at one every five seconds', () => {
    const ring = new Ring();
    for (let second = 0; second <= 100; second += 5) ring.add(entryAt(second, 5000));
    expect(ring.frozen()).to.have.lengthOf(7);
  });

  it('has what was before a pause that was longer than itself, until the next sample', () => {
    const ring = new Ring();
    for (let second = 1; second <= 20; second++) ring.add(entryAt(second, 1000));
    const before = ring.frozen();
    expect(before).to.have.lengthOf(20);
    ring.add(entryAt(140, 120_000));
    expect(ring.frozen()).to.have.lengthOf(1);
    expect(before, 'what was frozen').to.have.lengthOf(20);
  });

  it('is bounded where samples come faster than anybody asked for', () => {
    const ring = new Ring({ entriesMax: 50 });
    for (let sample = 0; sample < 200; sample++) ring.add(entryAt(0, 0));
    expect(ring.frozen()).to.have.lengthOf(50);
  });

  it('keeps of each sample the heaviest processes only', () => {
    const ring = new Ring({ processesMax: 3 });
    ring.add(entryAt(1, 1000, 300));
    expect(ring.frozen()[0]?.processes.map(({ pid }) => pid)).to.deep.equal([299, 298, 297]);
  });
});
