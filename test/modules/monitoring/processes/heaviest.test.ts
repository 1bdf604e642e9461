import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { heaviest } from '../../../../modules/monitoring/processes/heaviest.ts';
import { shareOf } from './processes-at-play.ts';

const seed = 20261122;

describe('the heaviest processes', () => {
  const idle = Array.from({ length: 300 }, (_, index) => shareOf({ pid: 1000 + index }));
  const pids = (shares: readonly { pid: number }[]): number[] => shares.map(({ pid }) => pid);

  it('are those that lead in processor, devices, memory, waiting and faults', () => {
    const leaders = [
      shareOf({ pid: 1, cpuPercent: 90 }),
      shareOf({ pid: 2, writtenBytesPerSecond: 9e6, readBytesPerSecond: null }),
      shareOf({ pid: 3, memoryBytes: 9e9 }),
      shareOf({ pid: 4, waitPercent: 70 }),
      shareOf({ pid: 5, majorFaultsPerSecond: 200 }),
    ];
    expect(pids(heaviest([...idle, ...leaders], 20))).to.have.members([1, 2, 3, 4, 5]);
  });

  it('give each of these a turn before the second of any', () => {
    const busy = [1, 2, 3].map((pid) => shareOf({ pid, cpuPercent: 100 - pid }));
    const writer = shareOf({ pid: 9, writtenBytesPerSecond: 10 });
    expect(pids(heaviest([...busy, writer, ...idle], 2))).to.deep.equal([1, 9]);
  });

  it('have what is stuck and the suspects among them, however little those use', () => {
    const busy = Array.from({ length: 50 }, (_, pid) => shareOf({ pid, cpuPercent: 50 }));
    const stuck = shareOf({ pid: 500, state: 'D' });
    const suspect = shareOf({ pid: 501, isSuspect: true });
    expect(pids(heaviest([...busy, stuck, suspect], 20))).to.include.members([500, 501]);
  });

  it('come first for what they use, then for what they are', () => {
    const idle = shareOf({ pid: 1, isSuspect: true });
    const suspect = shareOf({ pid: 2, isSuspect: true, cpuPercent: 80 });
    const chosen = heaviest([idle, suspect, shareOf({ pid: 3, cpuPercent: 90 })], 10);
    expect(pids(chosen)).to.deep.equal([3, 2, 1]);
  });

  it('leave room for the others where a hundred are stuck', () => {
    const stuck = Array.from({ length: 100 }, (_, index) => shareOf({ pid: index, state: 'D' }));
    const chosen = heaviest([...stuck, shareOf({ pid: 500, cpuPercent: 90 })], 20);
    expect(pids(chosen)).to.include(500);
  });

  it(`are no more than asked for, each once, out of those given (seed ${seed})`, () => {
    const share = fc.record({
      pid: fc.nat(20),
      state: fc.constantFrom('S', 'D', 'R'),
      cpuPercent: fc.option(fc.nat(400)),
      memoryBytes: fc.nat(1e9),
      isSuspect: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(share, { selector: ({ pid }) => pid }),
        fc.nat(25),
        (given, max) => {
          const shares = given.map(shareOf);
          const chosen = heaviest(shares, max);
          expect(chosen).to.have.lengthOf.at.most(max);
          expect(new Set(chosen)).to.have.lengthOf(chosen.length);
          expect(shares).to.include.members(chosen);
        },
      ),
      { seed },
    );
  });
});
