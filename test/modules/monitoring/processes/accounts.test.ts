import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { ProcessCounters } from '../../../../modules/monitoring/processes/counters.ts';
import { judgeLook, type Look } from '../../../../modules/monitoring/processes/rates.ts';
import { countersOf } from './processes-at-play.ts';

const seed = 20261122;
/** A tick in a look's second is one percent. */
const [tickMs, lookMs] = [10, 1000];

/** What happens to the process that `at` chooses; a look reads one process after the other. */
type Step =
  | { readonly kind: 'fork' | 'exit' | 'wait' | 'look' | 'read'; readonly at: number }
  | { readonly kind: 'run'; readonly at: number; readonly ticks: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('run' as const), at: fc.nat(), ticks: fc.nat(50) }),
    },
    {
      weight: 9,
      arbitrary: fc.record({
        kind: fc.constantFrom('fork', 'exit', 'wait', 'look', 'read', 'read'),
        at: fc.nat(),
      }),
    },
  ),
  { maxLength: 120 },
);

describe('what a kernel hands on from account to account', () => {
  it(`is charged once in all, where every parent waits for its children (seed ${seed})`, () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const { used, charged } = play(taken, { leavesOrphans: false });
        expect(charged).to.equal(used);
      }),
      { seed, numRuns: 200 },
    );
  });

  it(`is never charged twice, whoever ends before its children (seed ${seed})`, () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const { used, charged } = play(taken, { leavesOrphans: true });
        expect(charged).to.be.at.most(used);
      }),
      { seed, numRuns: 200 },
    );
  });
});

interface Living {
  readonly pid: number;
  parentPid: number;
  isZombie: boolean;
  ownTicks: number;
  reapedTicks: number;
}

function play(
  taken: readonly Step[],
  { leavesOrphans }: { readonly leavesOrphans: boolean },
): { used: number; charged: number } {
  const all = new Map<number, Living>();
  let [used, charged, lastPid] = [0, 0, 1];
  all.set(1, { pid: 1, parentPid: 0, isZombie: false, ownTicks: 0, reapedTicks: 0 });
  let before: Look | null = null;
  let looking: { unread: number[]; table: Map<number, ProcessCounters> } | null = null;
  let atMs = 0;
  finishLook();
  for (const step of taken) take(step);
  for (const { pid } of [...all.values()].reverse()) wait(pid);
  // One for what is on its way, one more for what comes to an account after its look.
  for (let look = 0; look < 2; look++) finishLook();
  return { used, charged };

  function take(step: Step): void {
    const living = [...all.values()].filter(({ isZombie }) => !isZombie);
    const one = living[step.at % living.length];
    if (!one) return;
    if (step.kind === 'run') {
      one.ownTicks += step.ticks;
      used += step.ticks;
    } else if (step.kind === 'fork') {
      lastPid += 1;
      all.set(lastPid, {
        pid: lastPid,
        parentPid: one.pid,
        isZombie: false,
        ownTicks: 0,
        reapedTicks: 0,
      });
    } else if (step.kind === 'exit') exit(one);
    else if (step.kind === 'wait') wait(one.pid);
    else if (step.kind === 'look') finishLook();
    else read();
  }

  function exit(one: Living): void {
    const children = [...all.values()].filter(({ parentPid }) => parentPid === one.pid);
    if (one.pid === 1 || (children.length > 0 && !leavesOrphans)) return;
    one.isZombie = true;
    for (const child of children) child.parentPid = 1;
    if (children.length > 0) wait(1);
  }

  function wait(pid: number): void {
    for (const child of [...all.values()].filter((one) => one.parentPid === pid && one.isZombie)) {
      all.delete(child.pid);
      const parent = all.get(pid);
      if (parent) parent.reapedTicks += child.ownTicks + child.reapedTicks;
    }
  }

  function read(): void {
    looking ??= { unread: [...all.keys()], table: new Map() };
    const pid = looking.unread.shift();
    const one = pid === undefined ? undefined : all.get(pid);
    if (one)
      looking.table.set(one.pid, countersOf({ ...one, atMs, state: one.isZombie ? 'Z' : 'S' }));
  }

  function finishLook(): void {
    do read();
    while (looking && looking.unread.length > 0);
    const { look, rates } = judgeLook(before, { atMs, table: looking?.table ?? new Map() }, tickMs);
    for (const { cpuPercent } of rates.values()) charged += cpuPercent ?? 0;
    [before, looking] = [look, null];
    atMs += lookMs;
  }
}
