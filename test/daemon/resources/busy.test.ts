import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spentMs, systemUsage, usageOf } from '../../../daemon/resources/busy.ts';
import type { Look, ProcessTimes, TreeFigures } from '../../../daemon/resources/figures.ts';

interface Times {
  readonly pid: number;
  readonly parent?: number;
  readonly startMs?: number;
  readonly own?: number;
  readonly reaped?: number;
}

function times(...processes: readonly Times[]): Map<number, ProcessTimes> {
  return new Map(
    processes.map(({ pid, parent = 1, startMs = 0, own = 0, reaped = 0 }) => [
      pid,
      { pid, parentPid: parent, startMs, ownMs: own, reapedMs: reaped },
    ]),
  );
}

const lookedAtMs = 10_000;

describe('time on a processor between two looks', () => {
  const cases: readonly {
    readonly what: string;
    readonly before: Map<number, ProcessTimes>;
    readonly now: Map<number, ProcessTimes>;
    readonly spent: number;
  }[] = [
    {
      what: 'is what each process of the tree has used since',
      before: times({ pid: 5, own: 100 }, { pid: 6, parent: 5, own: 50 }),
      now: times({ pid: 5, own: 130 }, { pid: 6, parent: 5, own: 250 }),
      spent: 230,
    },
    {
      what: 'has a child that began since with all it used',
      before: times({ pid: 5, own: 100 }),
      now: times({ pid: 5, own: 100 }, { pid: 6, parent: 5, startMs: 12_000, own: 70, reaped: 5 }),
      spent: 75,
    },
    {
      what: 'has a child that came and went in between',
      before: times({ pid: 5, own: 100, reaped: 1000 }),
      now: times({ pid: 5, own: 100, reaped: 1300 }),
      spent: 300,
    },
    {
      what: 'has of a child that has ended only what was not counted before',
      before: times({ pid: 5, reaped: 0 }, { pid: 6, parent: 5, own: 4000, reaped: 500 }),
      now: times({ pid: 5, reaped: 4700 }),
      spent: 200,
    },
    {
      what: 'does not become negative when nobody waited for a child that has ended',
      before: times({ pid: 5, own: 10 }, { pid: 6, parent: 5, own: 4000 }),
      now: times({ pid: 5, own: 30 }),
      spent: 20,
    },
    {
      what: 'does not lose one child by another for which another parent did not wait',
      before: times(
        ...[{ pid: 5 }, { pid: 6, parent: 5, own: 4000 }],
        ...[{ pid: 7 }, { pid: 8, parent: 7, own: 9000 }],
      ),
      now: times({ pid: 5, reaped: 4100 }, { pid: 7 }),
      spent: 100,
    },
    {
      what: 'takes a zombie for what it is: not yet in what its parent has reaped',
      before: times({ pid: 5, reaped: 0 }, { pid: 6, parent: 5, own: 4000 }),
      now: times({ pid: 5, reaped: 0 }, { pid: 6, parent: 5, own: 4100 }),
      spent: 100,
    },
    {
      what: 'takes another process with the same pid for another one',
      before: times({ pid: 5 }, { pid: 6, parent: 5, startMs: 1000, own: 4000 }),
      now: times({ pid: 5, reaped: 4000 }, { pid: 6, parent: 5, startMs: 11_000, own: 60 }),
      spent: 60,
    },
    {
      what: 'leaves out what an old process used before it joined the tree',
      before: times({ pid: 5 }),
      now: times({ pid: 5, own: 10 }, { pid: 6, startMs: 500, own: 90_000 }),
      spent: 10,
    },
  ];

  for (const { what, before, now, spent } of cases) {
    it(what, () => {
      expect(spentMs(before, now, lookedAtMs)).to.equal(spent);
    });
  }
});

describe('how busy a tree was', () => {
  const machine = {
    ...{ memory_percent: null, memory_bytes: null, load: null, disk_percent: null },
    ...{ network_sent_bytes: null, network_recv_bytes: null },
  };

  function look(
    bootMs: number,
    tree: Map<number, ProcessTimes> | null,
    cpu: Look['machine']['cpu'] = null,
  ): Look {
    const figures: TreeFigures | null =
      tree === null ? null : { times: tree, memoryBytes: 7, threads: 3, processes: 2 };
    return { bootMs, machine: { ...machine, cpu }, modules: new Map(), daemon: figures };
  }

  function cpuPercent(now: Look, before: Look | null): number | null {
    return usageOf(({ daemon }) => daemon, now, before).cpu_percent;
  }

  it('is a share of one core: two busy ones are 200 %', () => {
    const before = look(10_000, times({ pid: 5 }, { pid: 6, parent: 5 }));
    const now = look(12_000, times({ pid: 5, own: 2000 }, { pid: 6, parent: 5, own: 2000 }));
    expect(cpuPercent(now, before)).to.equal(200);
  });

  it('is that of its own life when it is seen for the first time', () => {
    const now = look(12_000, times({ pid: 5, startMs: 11_000, own: 250 }));
    expect(cpuPercent(now, look(2000, null))).to.equal(25);
    expect(cpuPercent(now, null)).to.equal(25);
  });

  it('is that of the new launch after a restart', () => {
    const before = look(2000, times({ pid: 5, own: 900_000 }));
    const now = look(12_000, times({ pid: 6, startMs: 11_000, own: 500 }));
    expect(cpuPercent(now, before)).to.equal(50);
  });

  it('is not known over a span that is shorter than the kernel can count', () => {
    const now = look(12_000, times({ pid: 5, startMs: 11_990, own: 10 }));
    expect(cpuPercent(now, null)).to.equal(null);
    expect(cpuPercent(look(12_050, now.daemon!.times as never), now)).to.equal(null);
  });

  it('and everything else is not known of what does not run', () => {
    const nothing = { cpu_percent: null, memory_bytes: null, threads: null, processes: null };
    expect(usageOf(({ daemon }) => daemon, look(1000, null), null)).to.deep.equal(nothing);
  });

  it('is of all processors for the machine, and null before a second look', () => {
    const before = look(0, null, { busyMs: 1000, totalMs: 10_000 });
    const now = look(0, null, { busyMs: 1500, totalMs: 12_000 });
    expect(systemUsage(now, before).cpu_percent).to.equal(25);
    expect(systemUsage(now, null).cpu_percent).to.equal(null);
    expect(systemUsage(now, now).cpu_percent).to.equal(null);
  });
});
