/** How busy something was between two looks. Pure. */
import type { SystemUsage, Usage } from '../../rpc/shapes-resources.ts';
import { type Look, type ProcessTimes, type TreeFigures, unknownUsage } from './figures.ts';

/** The kernel counts in steps of 10 ms, which say nothing about less time than this. */
export const windowMsMin = 100;

/** @param before null when there was no earlier look */
export function usageOf(
  treeIn: (look: Look) => TreeFigures | null | undefined,
  now: Look,
  before: Look | null,
): Usage {
  const tree = treeIn(now);
  if (!tree) return unknownUsage;
  const known = before && treeIn(before)?.times;
  const isKnown = [...tree.times.values()].some((is) => isSame(known?.get(is.pid), is));
  const cpuPercent =
    before && known && isKnown
      ? ofSpan(spentMs(known, tree.times, before.bootMs), now.bootMs - before.bootMs)
      : overItsLife(tree, now.bootMs);
  return {
    cpu_percent: cpuPercent,
    memory_bytes: tree.memoryBytes,
    threads: tree.threads,
    processes: tree.processes,
  };
}

export function systemUsage(now: Look, before: Look | null): SystemUsage {
  const { cpu, ...rest } = now.machine;
  const was = before?.machine.cpu ?? null;
  const totalMs = cpu && was ? cpu.totalMs - was.totalMs : 0;
  const busy = cpu && was && totalMs > 0 ? (cpu.busyMs - was.busyMs) / totalMs : null;
  return { cpu_percent: busy === null ? null : rounded(clamp(busy) * 100), ...rest };
}

/** Of a tree that is looked at for the first time. */
function overItsLife({ times }: TreeFigures, nowBootMs: number): number | null {
  const all = [...times.values()];
  const bornMs = Math.min(...all.map(({ startMs }) => startMs));
  const spent = all.reduce((sum, { ownMs, reapedMs }) => sum + ownMs + reapedMs, 0);
  return ofSpan(spent, nowBootMs - bornMs);
}

/** A start time is cut off to a step. */
const stepMs = 10;

/**
 * Time on a processor since the last look. A child that has ended is in what its parent has reaped,
 * with all of its life: what was counted of it before is taken off again. One that nobody waited for
 * takes its last time with it.
 */
export function spentMs(
  before: ReadonlyMap<number, ProcessTimes>,
  now: ReadonlyMap<number, ProcessTimes>,
  beforeBootMs: number,
): number {
  const endedMs = new Map<number, number>();
  for (const was of before.values()) {
    if (isSame(now.get(was.pid), was)) continue;
    endedMs.set(was.parentPid, (endedMs.get(was.parentPid) ?? 0) + was.ownMs + was.reapedMs);
  }
  let spent = 0;
  for (const is of now.values()) {
    const was = before.get(is.pid);
    if (was && isSame(was, is)) {
      const reapedMs = is.reapedMs - was.reapedMs - (endedMs.get(is.pid) ?? 0);
      spent += is.ownMs - was.ownMs + Math.max(0, reapedMs);
    } else if (is.startMs >= beforeBootMs - stepMs) spent += is.ownMs + is.reapedMs;
    // What has joined the tree with an age of its own counts from the next look on.
  }
  return Math.max(0, spent);
}

function isSame(one: ProcessTimes | undefined, other: ProcessTimes): boolean {
  return one?.startMs === other.startMs;
}

function ofSpan(spent: number, spanMs: number): number | null {
  return spanMs < windowMsMin ? null : rounded((spent / spanMs) * 100);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
