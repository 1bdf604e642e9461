/** The line of times below a chart. Pure. */
import { formatInZone } from '../time.ts';

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** An IANA name, such as `Europe/Athens`. */
  readonly zone: string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const stepsMs = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 4, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 30].map((days) => days * dayMs),
];

/** What `09-30` and a gap need. */
const tickColumnsMin = 10;

/** The rule with its ticks, and the labels below them, both at most `columns` wide. */
export function drawTimeAxis(
  span: TimeSpan,
  columns: number,
): { readonly rule: string; readonly labels: string } {
  const columnMs = (span.toMs - span.fromMs) / columns;
  const stepMs = stepsMs.find((step) => step / columnMs >= tickColumnsMin) ?? 365 * dayMs;
  const rule = Array.from({ length: columns }, () => '─');
  let labels = '';
  for (const atMs of ticks(span, stepMs)) {
    const column = Math.floor((atMs - span.fromMs) / columnMs);
    const label = tickLabel(atMs, stepMs, span.zone);
    if (column >= columns) continue;
    rule[column] = '┬';
    if (column + label.length <= columns) labels = labels.padEnd(column) + label;
  }
  return { rule: rule.join(''), labels };
}

/** On whole steps of the zone's own clock, by the offset that the zone has at the beginning. */
function ticks({ fromMs, toMs, zone }: TimeSpan, stepMs: number): number[] {
  const offset = offsetMs(fromMs, zone);
  const firstMs = Math.ceil((fromMs + offset) / stepMs) * stepMs - offset;
  const count = Math.max(0, Math.ceil((toMs - firstMs) / stepMs));
  return Array.from({ length: count }, (_, index) => firstMs + index * stepMs);
}

/** The day instead of midnight. */
function tickLabel(atMs: number, stepMs: number, zone: string): string {
  const { day, clock } = wallClock(atMs, zone);
  return clock === '00:00' || stepMs >= dayMs ? day.slice(5) : clock;
}

function offsetMs(atMs: number, zone: string): number {
  const { offset } = wallClock(atMs, zone);
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * hourMs + minutes * minuteMs);
}

/** `2026-11-23`, `02:00`, `+03:00` */
function wallClock(
  atMs: number,
  zone: string,
): { readonly day: string; readonly clock: string; readonly offset: string } {
  const [day = '', clock = '', offset = ''] = formatInZone(
    new Date(atMs).toISOString(),
    zone,
  ).split(' ');
  return { day, clock, offset };
}
