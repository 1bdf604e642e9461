/** `/proc/stat`: proc_stat(5). Pure. */
import type { CpuTimes } from '../look.ts';
import { keyed } from './figures.ts';

export interface StatFigures {
  readonly onlineCores: number | null;
  readonly times: CpuTimes | null;
  readonly contextSwitches: number | null;
  readonly blockedTasks: number | null;
}

/** @param tickMs what one count of its times is worth */
export function parseStat(text: string | null, tickMs: number): StatFigures {
  const online = text?.match(/^cpu\d+ /gm)?.length ?? null;
  return {
    onlineCores: online,
    times: timesOf(text ?? '', tickMs),
    contextSwitches: keyed(text, 'ctxt'),
    blockedTasks: keyed(text, 'procs_blocked'),
  };
}

/** Time of guests is in user and nice already, so only the first eight columns count. */
function timesOf(text: string, tickMs: number): CpuTimes | null {
  const columns = /^cpu +(\d.*)$/m.exec(text)?.[1]?.split(' ').slice(0, 8).map(Number);
  if (columns?.length !== 8 || !columns.every(Number.isFinite)) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] =
    columns;
  return {
    busyMs: (user + nice + system + irq + softIrq) * tickMs,
    idleMs: idle * tickMs,
    ioWaitMs: ioWait * tickMs,
    stealMs: steal * tickMs,
  };
}
