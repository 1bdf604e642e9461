/** Figures in text of the kernel; null for what is not there, or is no number. Pure. */

export function figureOf(text: string | null | undefined): number | null {
  const trimmed = text?.trim() ?? '';
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
}

/** Of lines such as `pswpin 12` and `MemTotal:       24684084 kB`. */
export function keyed(text: string | null, key: string): number | null {
  return figureOf(new RegExp(`^${key}:?[ \\t]+(\\d+)`, 'm').exec(text ?? '')?.[1]);
}

/** Of those that are known; null when none is. */
export function highest(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : Math.max(...known);
}
