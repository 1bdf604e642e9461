import type { EventFolder } from './folders.ts';

export interface RoomLimits {
  readonly foldersMax: number;
  readonly bytesMax: number;
}

/** Which are to go so that the rest is within the limits: the oldest, and never the newest. */
export function surplus(
  oldestFirst: readonly EventFolder[],
  { foldersMax, bytesMax }: RoomLimits,
): readonly string[] {
  let bytes = oldestFirst.reduce((sum, folder) => sum + folder.bytes, 0);
  let count = oldestFirst.length;
  const names: string[] = [];
  for (const folder of oldestFirst.slice(0, -1)) {
    if (count <= foldersMax && bytes <= bytesMax) break;
    names.push(folder.name);
    bytes -= folder.bytes;
    count -= 1;
  }
  return names;
}
