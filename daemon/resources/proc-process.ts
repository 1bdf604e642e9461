/** A process as Linux tells of it in `/proc/PID/stat` (proc(5)). Pure. */
import { parseStat, type ProcessInfo } from '../processes.ts';

export interface ProcessFigures extends ProcessInfo {
  /** Since boot. */
  readonly startMs: number;
  readonly ownMs: number;
  readonly reapedMs: number;
  readonly threads: number;
  /** What it shares with others included. */
  readonly residentBytes: number;
}

/** What the kernel counts in. */
export interface Units {
  readonly tickMs: number;
  readonly pageBytes: number;
}

/** The process's name may hold spaces and parentheses, so fields are counted from the last `)`. */
export function parseFigures(stat: string, { tickMs, pageBytes }: Units): ProcessFigures | null {
  const info = parseStat(stat);
  if (!info) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 22);
  const number = (index: number): number => Number(fields[index]);
  return {
    ...info,
    startMs: number(19) * tickMs,
    ownMs: (number(11) + number(12)) * tickMs,
    reapedMs: (number(13) + number(14)) * tickMs,
    threads: number(17),
    residentBytes: number(21) * pageBytes,
  };
}

const auxvKeys = { pageBytes: 6n, ticksPerSecond: 17n };

/**
 * From `/proc/self/auxv` (getauxval(3)): pairs of 64-bit words. What it does not tell is as it is
 * nearly everywhere: 10 ms and 4 KB.
 */
export function unitsOf(auxv: Buffer): Units {
  const values = new Map<bigint, number>();
  for (let at = 0; at + 16 <= auxv.length; at += 16)
    values.set(auxv.readBigUInt64LE(at), Number(auxv.readBigUInt64LE(at + 8)));
  return {
    tickMs: 1000 / (values.get(auxvKeys.ticksPerSecond) ?? 100),
    pageBytes: values.get(auxvKeys.pageBytes) ?? 4096,
  };
}
