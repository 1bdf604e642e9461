import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ProcessCounters } from '../../../../modules/monitoring/processes/counters.ts';
import {
  judgeLook,
  type Look,
  type Rates,
} from '../../../../modules/monitoring/processes/rates.ts';
import { tableOf } from './processes-at-play.ts';

const tickMs = 10;
type Given = Partial<ProcessCounters> & { pid: number };

/** The rates of the last of these looks, two seconds apart. */
function ratesAfter(...looks: readonly (readonly Given[])[]): ReadonlyMap<number, Rates> {
  let before: Look | null = null;
  let rates: ReadonlyMap<number, Rates> = new Map();
  for (const [index, processes] of looks.entries()) {
    const atMs = index * 2000;
    const table = tableOf(...processes.map((given) => ({ atMs, ...given })));
    ({ look: before, rates } = judgeLook(before, { atMs, table }, tickMs));
  }
  return rates;
}

describe('the rates of processes between two looks', () => {
  it('are not known at the first look', () => {
    expect(ratesAfter([{ pid: 5, ownTicks: 400 }]).size).to.equal(0);
  });

  it('are the differences of the counters, over the time between', () => {
    const io = { readBytes: 1000, writtenBytes: 5000 };
    const later = { readBytes: 3000, writtenBytes: 15_000 };
    const rates = ratesAfter(
      [{ pid: 5, ownTicks: 400, majorFaults: 3, io, waiting: { ranNs: 0, delayNs: 1e9 } }],
      [{ pid: 5, ownTicks: 500, majorFaults: 7, io: later, waiting: { ranNs: 9, delayNs: 2e9 } }],
    );
    expect(rates.get(5)).to.deep.equal({
      cpuPercent: 50,
      waitPercent: 50,
      readBytesPerSecond: 1000,
      writtenBytesPerSecond: 5000,
      majorFaultsPerSecond: 2,
    });
  });

  it('go by the time at which each process was looked at', () => {
    const rates = ratesAfter([{ pid: 5, atMs: 100 }], [{ pid: 5, atMs: 4100, ownTicks: 100 }]);
    expect(rates.get(5)?.cpuPercent).to.equal(25);
  });

  it('count all of a process that has begun since, also under a pid that was another’s', () => {
    const rates = ratesAfter(
      [{ pid: 5, ownTicks: 9000 }],
      [
        { pid: 5, startTicks: 777, ownTicks: 20 },
        { pid: 6, ownTicks: 100, waiting: { ranNs: 1, delayNs: 2e8 } },
      ],
    );
    expect(rates.get(5)?.cpuPercent).to.equal(10);
    expect(rates.get(6)).to.include({ cpuPercent: 50, waitPercent: 10 });
  });

  it('are null, not 0, for what may not be read', () => {
    const hidden = { pid: 5, io: null, waiting: null };
    expect(ratesAfter([hidden], [hidden]).get(5)).to.include({
      cpuPercent: 0,
      waitPercent: null,
      readBytesPerSecond: null,
      writtenBytesPerSecond: null,
    });
  });

  it('charge a parent with children that lived and died between two looks', () => {
    const rates = ratesAfter([{ pid: 5, reapedTicks: 10 }], [{ pid: 5, reapedTicks: 110 }]);
    expect(rates.get(5)?.cpuPercent).to.equal(50);
  });

  it('do not charge it again with what was told of a child while that lived', () => {
    const io = { readBytes: 0, writtenBytes: 8_000_000 };
    const child = { pid: 6, parentPid: 5, ownTicks: 360_000, majorFaults: 50, io };
    const heir = { pid: 5, reapedTicks: 360_020, majorFaults: 52, io: { ...io, readBytes: 4000 } };
    expect(ratesAfter([{ pid: 5 }, child], [heir]).get(5)).to.include({
      cpuPercent: 10,
      majorFaultsPerSecond: 1,
      readBytesPerSecond: 2000,
      writtenBytesPerSecond: 0,
    });
  });

  it('do not charge it later either, when it was looked at just before it had waited for the child', () => {
    const child = { pid: 6, parentPid: 5, ownTicks: 1000 };
    const looks = [[{ pid: 5 }, child], [{ pid: 5 }], [{ pid: 5, reapedTicks: 1020 }]];
    expect(ratesAfter(...looks.slice(0, 2)).get(5)?.cpuPercent).to.equal(0);
    expect(ratesAfter(...looks).get(5)?.cpuPercent).to.equal(10);
  });

  it('forgive what never came to its account after one more look', () => {
    const child = { pid: 6, parentPid: 5, ownTicks: 1000 };
    const looks = [[{ pid: 5 }, child], [{ pid: 5 }], [{ pid: 5 }], [{ pid: 5, reapedTicks: 200 }]];
    expect(ratesAfter(...looks).get(5)?.cpuPercent).to.equal(100);
  });

  it('forgive it also where one child after the other never comes to its account', () => {
    const child = (pid: number) => ({ pid, parentPid: 5, ownTicks: 1000 });
    const looks = [[{ pid: 5 }, child(6)], [{ pid: 5 }, child(7)], [{ pid: 5 }]];
    const rates = ratesAfter(...looks, [{ pid: 5, reapedTicks: 1200 }]);
    expect(rates.get(5)?.cpuPercent).to.equal(100);
  });

  it('know of a child also what that had in its account', () => {
    const child = { pid: 6, parentPid: 5, ownTicks: 10, reapedTicks: 990 };
    const rates = ratesAfter([{ pid: 5 }, child], [{ pid: 5, reapedTicks: 1000 }]);
    expect(rates.get(5)?.cpuPercent).to.equal(0);
  });

  it('take nothing off from who is above a parent that still lives', () => {
    const family = [{ pid: 2 }, { pid: 5, parentPid: 2 }, { pid: 6, parentPid: 5, ownTicks: 100 }];
    const rates = ratesAfter(family, [
      { pid: 2, reapedTicks: 100 },
      { pid: 5, parentPid: 2, reapedTicks: 100 },
    ]);
    expect([rates.get(2)?.cpuPercent, rates.get(5)?.cpuPercent]).to.deep.equal([50, 0]);
  });

  it('charge nobody with orphans that were told, whoever took care of them', () => {
    const family = [
      { pid: 2, parentPid: 0 },
      { pid: 5, parentPid: 2 },
      { pid: 6, parentPid: 5, ownTicks: 100 },
      { pid: 7, parentPid: 6, ownTicks: 5000 },
    ];
    // The child’s parent, and either that or whoever is above it for the orphan.
    for (const reaped of [
      { 2: 0, 5: 5100 },
      { 2: 5000, 5: 100 },
    ]) {
      const left = [2, 5] as const;
      const rates = ratesAfter(
        family,
        left.map((pid) => ({ pid, reapedTicks: reaped[pid] })),
      );
      expect(left.map((pid) => rates.get(pid)?.cpuPercent)).to.deep.equal([0, 0]);
    }
  });

  it('do not guess what a parent read when it is not known of its child', () => {
    const child = { pid: 6, parentPid: 5, io: null };
    const io = { readBytes: 9e9, writtenBytes: 9e9 };
    expect(ratesAfter([{ pid: 5 }, child], [{ pid: 5, io }]).get(5)).to.include({
      cpuPercent: 0,
      readBytesPerSecond: null,
    });
  });

  it('end on processes that seem to be their own ancestors', () => {
    const circle = [
      { pid: 5, parentPid: 6 },
      { pid: 6, parentPid: 5 },
      { pid: 7, parentPid: 6, ownTicks: 3 },
    ];
    expect(ratesAfter(circle, []).size).to.equal(0);
  });
});
