/** How durations and sizes are written in configuration, and what they come to. */

const msPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytesPerUnit = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

export const durationForm = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)?$/;
export const sizeForm = /^(\d{1,15})([KMG])?$/;

/**
 * Whole milliseconds of `500ms`, `10s`, `5m`, `1h`, `1d` or a number of seconds; null when it is not
 * a duration. A number may also come as text, because a value of `${NAME}` does.
 */
export function durationMs(written: unknown): number | null {
  if (typeof written === 'number') return notNegative(Math.round(written * 1000));
  if (typeof written !== 'string') return null;
  const match = durationForm.exec(written);
  if (!match) return null;
  const unit = (match[2] ?? 's') as keyof typeof msPerUnit;
  return Math.round(Number(match[1]) * msPerUnit[unit]);
}

/** Whole bytes of `64K`, `512M`, `2G` (1024-based) or a number of bytes; null when it is not a size. */
export function sizeBytes(written: unknown): number | null {
  if (typeof written === 'number') return Number.isInteger(written) ? notNegative(written) : null;
  if (typeof written !== 'string') return null;
  const match = sizeForm.exec(written);
  if (!match) return null;
  const unit = (match[2] ?? 'B') as keyof typeof bytesPerUnit;
  return Number(match[1]) * bytesPerUnit[unit];
}

/** The milliseconds of a duration that the schema has let pass. */
export function checkedMs(written: unknown): number {
  return durationMs(written) ?? unchecked('duration');
}

/** The bytes of a size that the schema has let pass. */
export function checkedBytes(written: unknown): number {
  return sizeBytes(written) ?? unchecked('size');
}

function unchecked(what: string): never {
  throw new Error(`internal error: a ${what} of the configuration was used before it was checked`);
}

function notNegative(value: number): number | null {
  return Number.isFinite(value) && value >= 0 ? value : null;
}
