/** What of many samples is kept: how many, their average and the highest. Pure. */
import type { Spread, Usage } from '../../rpc/shapes-resources.ts';

/** Of a span of time; null where nothing was known in it. */
export interface UsageSpread {
  readonly cpu: Counted | null;
  readonly memory: Counted | null;
}

export interface Counted extends Spread {
  readonly count: number;
}

export function spreadOf({ cpu_percent: cpu, memory_bytes: memory }: Usage): UsageSpread {
  return { cpu: counted(cpu), memory: counted(memory) };
}

export function joined(one: UsageSpread, other: UsageSpread): UsageSpread {
  return { cpu: both(one.cpu, other.cpu), memory: both(one.memory, other.memory) };
}

/** For people. */
export function shownSpread(counted: Counted | null, decimals: number): Spread | null {
  if (!counted) return null;
  const scale = 10 ** decimals;
  return {
    average: Math.round(counted.average * scale) / scale,
    max: Math.round(counted.max * scale) / scale,
  };
}

function counted(value: number | null): Counted | null {
  return value === null ? null : { count: 1, average: value, max: value };
}

function both(one: Counted | null, other: Counted | null): Counted | null {
  if (!one || !other) return one ?? other;
  const count = one.count + other.count;
  const average = (one.average * one.count + other.average * other.count) / count;
  return { count, average, max: Math.max(one.max, other.max) };
}
