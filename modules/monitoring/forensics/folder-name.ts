/** `2026-11-22_14-05-09` in UTC; a second one of the same second has `_1`. */
export function folderName(atMs: number, collisions = 0): string {
  const stamp = new Date(atMs).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
  return collisions === 0 ? stamp : `${stamp}_${collisions}`;
}

/** Milliseconds since 1970; null for what is not the name of a capture's folder. */
export function timeOfFolder(name: string): number | null {
  const match = pattern.exec(name);
  if (match === null) return null;
  const [, day = '', hour = '', minute = '', second = ''] = match;
  const atMs = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(atMs) ? null : atMs;
}

const pattern = /^(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)(?:_\d{1,4})?$/;
