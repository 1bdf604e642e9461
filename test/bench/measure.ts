/**
 * How speed is stated here: the machine is never quiet and never the reader's, so a figure is the
 * median of rounds that alternate with rounds of a floor, and its target is a ratio to that floor.
 */

/** What a figure must keep to. `value_max` is absolute, in the figure's unit. */
export type Target =
  | { readonly kind: 'ratio_max'; readonly limit: number }
  | { readonly kind: 'ratio_min'; readonly limit: number }
  | { readonly kind: 'value_max'; readonly limit: number };

export interface Figure {
  readonly what: string;
  readonly unit:
    | 'ms'
    | 'calls/s'
    | 'MB'
    | 'KB'
    | '%'
    | '% of a core'
    | 'points'
    | '/s'
    | 'lines'
    | 'errors'
    | 'copies'
    | 'pids';
  readonly value: number;
  /** The least that the same work costs without SuperBot, in the same unit; null where none exists. */
  readonly floor: number | null;
  readonly target: Target;
}

/** Measures once; what it resolves with is in the figure's unit. */
export type Round = () => Promise<number>;

/** Medians of both over alternating rounds, after one of each that warms up and does not count. */
export async function compare(
  rounds: number,
  subject: Round,
  floor: Round,
): Promise<{ value: number; floor: number }> {
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    floors.push(await floor());
    values.push(await subject());
  }
  return { value: median(values.slice(1)), floor: median(floors.slice(1)) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value below which this share of them lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Null where the figure has no floor, or one that costs nothing. */
function ratioOf({ value, floor }: Figure): number | null {
  return floor === null || floor === 0 ? null : value / floor;
}

export function isMet(figure: Figure): boolean {
  const { kind, limit } = figure.target;
  const ratio = ratioOf(figure) ?? Number.NaN;
  switch (kind) {
    case 'ratio_max':
      return ratio <= limit;
    case 'ratio_min':
      return ratio >= limit;
    case 'value_max':
      return figure.value <= limit;
  }
}

/** A Markdown table, aligned so that it can be read as it stands. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.what,
    `${shown(figure.value)} ${figure.unit}`,
    figure.floor === null ? '' : `${shown(figure.floor)} ${figure.unit}`,
    ratioOf(figure)?.toFixed(2) ?? '',
    shownTarget(figure),
    isMet(figure) ? 'yes' : 'no',
  ]);
  const header = ['figure', 'value', 'floor', 'ratio', 'target', 'met'];
  const widths = header.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [header, rule, ...rows].map(line).join('\n');
}

function shownTarget({ target: { kind, limit }, unit }: Figure): string {
  switch (kind) {
    case 'ratio_max':
      return `≤ ${limit} ×`;
    case 'ratio_min':
      return `≥ ${limit} ×`;
    case 'value_max':
      return `≤ ${limit} ${unit}`;
  }
}

/** Three significant digits, without an exponent. */
function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : `${+value.toPrecision(3)}`;
}
