import fc from 'fast-check';

/** Of everything random in this folder: FUZZ_SEED where it is set, so that a failure can be seen again. */
export const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121);

console.log(`    FUZZ_SEED=${seed}`);

/** For fast-check; a failing run prints its own seed and the smallest input that still fails. */
export function runs(numRuns: number): fc.Parameters<unknown> {
  return { seed, numRuns };
}

/** Numbers below `max`, the same in every run with this seed (xorshift32). */
export function randomFrom(start: number): (max: number) => number {
  let x = start | 1;
  return (max) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % max;
  };
}
