/** `/proc/loadavg`: proc_loadavg(5). Pure. */
import type { CpuLook } from '../look.ts';
import { figureOf } from './figures.ts';

export function parseLoad(text: string | null): CpuLook['load'] {
  const [one = null, five = null, fifteen = null] = (text ?? '').split(' ').map(figureOf);
  return one === null || five === null || fifteen === null ? null : [one, five, fifteen];
}
