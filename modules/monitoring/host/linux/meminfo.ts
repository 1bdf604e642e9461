/** `/proc/meminfo`: proc_meminfo(5). Pure. */
import type { MemoryLook } from '../look.ts';
import { keyed } from './figures.ts';

export function parseMeminfo(
  text: string | null,
): Pick<MemoryLook, 'totalBytes' | 'availableBytes' | 'swapUsedBytes'> {
  const bytes = (key: string): number | null => {
    const kilobytes = keyed(text, key);
    return kilobytes === null ? null : kilobytes * 1024;
  };
  const [swapTotal, swapFree] = [bytes('SwapTotal'), bytes('SwapFree')];
  return {
    totalBytes: bytes('MemTotal'),
    availableBytes: bytes('MemAvailable'),
    swapUsedBytes: swapTotal === null || swapFree === null ? null : swapTotal - swapFree,
  };
}
