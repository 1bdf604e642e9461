/** What the kernel counts time and memory in, for whoever reads `/proc`. */
import { readFileSync } from 'node:fs';

export interface KernelUnits {
  /** One tick of `/proc/stat` and `/proc/PID/stat`. */
  readonly tickMs: number;
  readonly pageBytes: number;
}

const auxvKeys = { pageBytes: 6n, ticksPerSecond: 17n };

/**
 * From `/proc/self/auxv` (getauxval(3)): pairs of 64-bit words. What it does not tell is as it is
 * nearly everywhere: 10 ms and 4 KiB.
 */
export function kernelUnits(auxv: Buffer = readAuxv()): KernelUnits {
  const values = new Map<bigint, number>();
  for (let at = 0; at + 16 <= auxv.length; at += 16)
    values.set(auxv.readBigUInt64LE(at), Number(auxv.readBigUInt64LE(at + 8)));
  return {
    tickMs: 1000 / (values.get(auxvKeys.ticksPerSecond) ?? 100),
    pageBytes: values.get(auxvKeys.pageBytes) ?? 4096,
  };
}

function readAuxv(): Buffer {
  try {
    return readFileSync('/proc/self/auxv');
  } catch (error) {
    // Another system than Linux, or one whose /proc is closed to us: nothing will be counted there.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM') return Buffer.alloc(0);
    throw error;
  }
}
