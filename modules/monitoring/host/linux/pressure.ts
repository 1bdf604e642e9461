/** `/proc/pressure/*`: docs.kernel.org/accounting/psi.html. Pure. */
import type { PressureCounters, StallCounters } from '../look.ts';
import { figureOf } from './figures.ts';

/**
 * @param isCpu of a whole machine, `full` means nothing for the processor: while a task waits for a
 *   core, another one has it. The kernel prints zeros there, which were not measured.
 */
export function parsePressure(
  text: string | null,
  { isCpu }: { readonly isCpu: boolean },
): PressureCounters | null {
  const some = stallOf(text, 'some');
  return some && { some, full: isCpu ? null : stallOf(text, 'full') };
}

function stallOf(text: string | null, kind: 'some' | 'full'): StallCounters | null {
  const line = new RegExp(`^${kind} avg10=(\\S+) .*total=(\\d+)$`, 'm').exec(text ?? '');
  const [average10, totalUs] = [figureOf(line?.[1]), figureOf(line?.[2])];
  return average10 === null || totalUs === null ? null : { average10, totalMs: totalUs / 1000 };
}
