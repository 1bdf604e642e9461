import { type Environment, runProgram } from './program.ts';
import type { Gathered } from './source.ts';

const seconds = 3;
const hertz = 49;
const bytesMax = 8 * 1024 * 1024;

/**
 * What all processors do in the next seconds, with stacks; to be read by `perf report -i`. The clock of
 * the processor, since virtual machines have no counters.
 */
export async function gatherTrace(
  environment: Environment | null,
  signal: AbortSignal,
): Promise<Gathered> {
  const argv = [
    ...(['perf', 'record', '--quiet', '--all-cpus', '-g'] as const),
    ...['--event', 'cpu-clock', '--freq', String(hertz), '--output', '-'],
    ...['--', 'sleep', String(seconds)],
  ] as const;
  const { stdout, isCut } = await runProgram({ argv, environment, bytesMax }, signal);
  return { data: stdout, note: isCut ? `cut after ${bytesMax} bytes` : null };
}
