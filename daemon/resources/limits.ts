/** Whether a module uses more than it may. Pure. */
import type { Usage } from '../../rpc/shapes-resources.ts';

export interface Limits {
  /** Null where there is none. */
  readonly memoryBytes: number | null;
  /** Of one core: two of them busy are 200. */
  readonly cpuPercent: number | null;
}

export interface Breach {
  readonly of: 'memory' | 'cpu';
  readonly why: string;
}

/** Work comes in bursts: only what lasts over so many looks is too much. Memory does not come back. */
export const cpuViolationsMax = 3;

/**
 * @param violations looks in a row, up to the last one, in which it used more of the processor than
 * it may
 * @returns the violations that follow, and what is to be done something about, if anything is
 */
export function judgeLimits(
  violations: number,
  usage: Usage,
  { memoryBytes, cpuPercent }: Limits,
): { readonly violations: number; readonly breach: Breach | null } {
  const { memory_bytes: memory, cpu_percent: cpu } = usage;
  if (memoryBytes !== null && memory !== null && memory > memoryBytes) {
    const why = `it uses ${inWords(memory)} of memory, its limit is ${inWords(memoryBytes)}`;
    return { violations: 0, breach: { of: 'memory', why } };
  }
  if (cpuPercent === null) return { violations: 0, breach: null };
  // What is not known neither counts nor forgives.
  if (cpu === null) return { violations, breach: null };
  if (cpu <= cpuPercent) return { violations: 0, breach: null };
  if (violations + 1 < cpuViolationsMax) return { violations: violations + 1, breach: null };
  const why = `it used ${cpu} % of a core, more than its limit of ${cpuPercent} % in ${cpuViolationsMax} looks in a row`;
  return { violations: 0, breach: { of: 'cpu', why } };
}

/** `1536 MB`, `1.5 MB`: 1024-based, as limits are configured. */
function inWords(bytes: number): string {
  const mb = bytes / 1024 ** 2;
  return mb >= 10 ? `${Math.round(mb)} MB` : `${Math.round(mb * 100) / 100} MB`;
}
