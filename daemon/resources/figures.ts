/**
 * What a look finds, and what two looks tell. A look has counters that only grow (time on a
 * processor); how busy something was comes out of the difference between two of them. What is not
 * known is null, never 0.
 */
import type { SystemUsage, Usage } from '../../rpc/shapes-resources.ts';

/** One process of a tree, a zombie too: its time counts until its parent has taken it over. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parentPid: number;
  /** Since boot, as `Look.bootMs`. */
  readonly startMs: number;
  /** Its own time on a processor, of all its threads. */
  readonly ownMs: number;
  /** That of the children that it has waited for, and of theirs. */
  readonly reapedMs: number;
}

export interface TreeFigures {
  readonly times: ReadonlyMap<number, ProcessTimes>;
  readonly memoryBytes: number | null;
  readonly threads: number;
  /** Without zombies. */
  readonly processes: number;
}

/** The machine; each is null where the kernel does not tell it. */
export interface MachineFigures extends Omit<SystemUsage, 'cpu_percent'> {
  /** Of all processors together. */
  readonly cpu: { readonly busyMs: number; readonly totalMs: number } | null;
}

export interface Look {
  /** Milliseconds since boot, the time that the machine slept included. */
  readonly bootMs: number;
  readonly machine: MachineFigures;
  /** By module; one without a process is not in it. */
  readonly modules: ReadonlyMap<string, TreeFigures>;
  /** The daemon itself with its keepers. */
  readonly daemon: TreeFigures | null;
}

export const unknownUsage: Usage = {
  cpu_percent: null,
  memory_bytes: null,
  threads: null,
  processes: null,
};
