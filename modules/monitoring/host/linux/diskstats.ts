/** `/proc/diskstats`: docs.kernel.org/admin-guide/iostats.html. Pure. */
import type { DiskCounters } from '../look.ts';
import { figureOf } from './figures.ts';

/** In this file a sector has 512 bytes, whatever the device says. */
const sectorBytes = 512;

/**
 * @param counts whether the device of that name counts: not a partition, nor one that is made of
 *   others, whose requests would be counted twice
 */
export function parseDiskstats(
  text: string | null,
  counts: (device: string) => boolean,
): ReadonlyMap<string, DiskCounters> | null {
  if (text === null) return null;
  const disks = new Map<string, DiskCounters>();
  for (const line of text.split('\n')) {
    const [, , name = '', ...columns] = line.trim().split(/ +/);
    const [, , read = null, , , , written = null, , , busyMs = null] = columns.map(figureOf);
    if (read === null || written === null || busyMs === null || !counts(name)) continue;
    disks.set(name, { readBytes: read * sectorBytes, writtenBytes: written * sectorBytes, busyMs });
  }
  return disks;
}
