/** Where a page ended: the time, to the microsecond, and the key of its last row. Pure. */

export interface Place {
  /** Microseconds since 1970, UTC. */
  readonly atUs: string;
  readonly key: string;
}

export function encodePlace({ atUs, key }: Place): string {
  return `${atUs}.${key}`;
}

/** Null for what is no place. */
export function decodePlace(text: string): Place | null {
  const [, atUs, key] = /^(-?\d{1,17})\.([\x21-\x7e]{1,200})$/.exec(text) ?? [];
  return atUs === undefined || key === undefined ? null : { atUs, key };
}

/** "2026-11-22T10:00:00.123Z", with three more digits where they are not zero. */
export function instantText(us: bigint): string {
  const ms = Number(us / 1000n);
  const rest = us % 1000n;
  const text = new Date(ms).toISOString();
  return rest === 0n ? text : text.replace('Z', `${rest.toString().padStart(3, '0')}Z`);
}
