import type { Area, Fault, PlannedFault } from './faults.ts';
import { seededRandom } from './random.ts';

const everywhere: readonly Area[] = ['gamma', 'clob', 'data'];

/** Every way in which the venue can fail; each comes up before one comes up again. */
const deck: readonly { readonly fault: Fault; readonly secondsMax: number }[] = [
  { fault: { kind: 'disconnect', share: 1 }, secondsMax: 1 },
  { fault: { kind: 'disconnect', share: 0.4 }, secondsMax: 1 },
  { fault: { kind: 'freeze', share: 1 }, secondsMax: 40 },
  { fault: { kind: 'freeze', share: 0.3 }, secondsMax: 40 },
  { fault: { kind: 'refuse' }, secondsMax: 8 },
  { fault: { kind: 'duplicate', share: 0.2 }, secondsMax: 15 },
  { fault: { kind: 'late', share: 0.1, delayMs: 1500 }, secondsMax: 15 },
  { fault: { kind: 'garbage', share: 0.02 }, secondsMax: 10 },
  { fault: limited('json', 2), secondsMax: 8 },
  { fault: limited('html', null), secondsMax: 8 },
  { fault: { kind: 'server-error', share: 0.5, areas: everywhere, status: 503 }, secondsMax: 10 },
  { fault: { kind: 'server-error', share: 1, areas: ['data'], status: 500 }, secondsMax: 8 },
  { fault: { kind: 'truncate', share: 0.4, areas: everywhere }, secondsMax: 10 },
  { fault: { kind: 'slow', share: 0.5, areas: everywhere, delayMs: 3000 }, secondsMax: 10 },
  { fault: { kind: 'reset', share: 0.3, areas: everywhere }, secondsMax: 10 },
  { fault: { kind: 'disorder' }, secondsMax: 20 },
  { fault: { kind: 'omit', share: 0.2 }, secondsMax: 20 },
];

/**
 * Faults in turn, of every kind, with quiet times between them, from `fromMs` to `untilMs` after
 * the start. The same for the same seed.
 */
export function fullSchedule(
  seed: number,
  { fromMs, untilMs, quietMs }: { fromMs: number; untilMs: number; quietMs: number },
): PlannedFault[] {
  const random = seededRandom(seed, 'schedule');
  const planned: PlannedFault[] = [];
  let left: (typeof deck)[number][] = [];
  let atMs = fromMs;
  for (;;) {
    if (left.length === 0) left = [...deck];
    const { fault, secondsMax } = left.splice(random.below(left.length), 1)[0]!;
    const durationMs = random.between(Math.min(1000, secondsMax * 500), secondsMax * 1000);
    if (atMs + durationMs > untilMs) return planned;
    planned.push({ atMs, durationMs, fault });
    atMs += durationMs + random.between(quietMs, quietMs * 2);
  }
}

function limited(body: 'json' | 'html', retryAfterSeconds: number | null): Fault {
  return { kind: 'rate-limit', share: 0.8, areas: everywhere, body, retryAfterSeconds };
}
