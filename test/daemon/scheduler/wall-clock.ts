/** Clocks on walls as `Intl` shows them at one moment after the other: slow, and without any rule. */

/** What hangs on the wall at an instant; `localMs` is what a clock in UTC shows that shows the same. */
export interface Look {
  readonly atMs: number;
  readonly localMs: number;
}

export interface Change {
  readonly zone: string;
  readonly atMs: number;
  readonly shiftMs: number;
}

const secondMs = 1000;
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** With daylight saving at midnight, of half an hour and of two hours, a day left out, odd seconds. */
export const zones = [
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Antarctica/Casey',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Europe/Istanbul',
  'Europe/London',
  'Pacific/Apia',
] as const;

export const firstMs = Date.UTC(1970, 0, 2);
export const lastMs = Date.UTC(2037, 11, 30);

const changes = new Map<string, Change[]>();

/** Each time that the zone's clock is set, from 1970 to 2037. */
export function changesOf(zone: string): readonly Change[] {
  const found = changes.get(zone) ?? findChanges(zone);
  changes.set(zone, found);
  return found;
}

function findChanges(zone: string): Change[] {
  const localAt = wallClock(zone);
  const shift = (fromMs: number, toMs: number) => localAt(toMs) - toMs - (localAt(fromMs) - fromMs);
  const changes: Change[] = [];
  for (let fromMs = firstMs; fromMs < lastMs; fromMs += dayMs) {
    const shiftMs = shift(fromMs, fromMs + dayMs);
    if (shiftMs === 0) continue;
    let atMs = fromMs;
    for (let stepMs = 2 ** 16 * secondMs; stepMs >= secondMs; stepMs /= 2)
      if (atMs + stepMs < fromMs + dayMs && shift(fromMs, atMs + stepMs) === 0) atMs += stepMs;
    changes.push({ zone, atMs: atMs + secondMs, shiftMs });
  }
  return changes;
}

/** A look at each minute from one instant to the other, half minutes where offsets have odd seconds. */
export function looks(zone: string, fromMs: number, toMs: number): Look[] {
  const localAt = wallClock(zone);
  const offsets = [localAt(fromMs) - fromMs, localAt(toMs) - toMs];
  const stepMs = offsets.every((offset) => offset % minuteMs === 0) ? minuteMs : minuteMs / 2;
  const found: Look[] = [];
  const startMs = Math.floor(fromMs / minuteMs) * minuteMs;
  for (let atMs = startMs; atMs <= toMs; atMs += stepMs)
    found.push({ atMs, localMs: localAt(atMs) });
  return found;
}

const clocks = new Map<string, (atMs: number) => number>();

export function wallClock(zone: string): (atMs: number) => number {
  const known = clocks.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const clock = (atMs: number) => Date.parse(`${format.format(atMs).replace(' ', 'T')}Z`);
  clocks.set(zone, clock);
  return clock;
}
