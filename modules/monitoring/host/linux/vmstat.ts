/** `/proc/vmstat`: proc_vmstat(5). Pure. */
import type { MemoryLook } from '../look.ts';
import { keyed } from './figures.ts';

/** @param pageBytes what one count of its pages is worth */
export function parseVmstat(
  text: string | null,
  pageBytes: number,
): Pick<MemoryLook, 'majorFaults' | 'swapInBytes' | 'swapOutBytes'> {
  const bytes = (key: string): number | null => {
    const pages = keyed(text, key);
    return pages === null ? null : pages * pageBytes;
  };
  return {
    majorFaults: keyed(text, 'pgmajfault'),
    swapInBytes: bytes('pswpin'),
    swapOutBytes: bytes('pswpout'),
  };
}
