/**
 * What an interval between two looks tells. Nobody sees a freeze from inside: the jump of time is the
 * measurement, and which clocks jumped tells what it was.
 */
import type { Pause, PauseCause } from '../happening.ts';
import type { CpuLook, HostLook } from '../host/look.ts';

/** What of a look is needed. */
export interface Moment {
  readonly clocks: HostLook['clocks'];
  readonly cpu: Pick<CpuLook, 'onlineCores' | 'times'>;
}

export type Verdict =
  | { readonly kind: 'none'; readonly latencyRatio: number }
  | { readonly kind: 'pause'; readonly latencyRatio: number; readonly pause: Pause }
  /** The host slept. Whatever came late then came late for that. */
  | { readonly kind: 'suspend'; readonly latencyRatio: 1; readonly suspendedMs: number }
  /**
   * The wall clock was set, forward or back. A virtual machine that was stopped with all its clocks
   * and then told the time looks the same.
   */
  | { readonly kind: 'step'; readonly latencyRatio: number; readonly steppedMs: number };

const pauseRatioMin = 2;
/** With short intervals a ratio alone is soon reached. */
const pauseExcessMsMin = 1000;
const suspendMsMin = 2000;
/** NTP slews by half a millisecond in a second; what jumps by more was set. */
const stepMsMin = 2000;

/**
 * In whole milliseconds.
 *
 * @param expectedMs what should have passed between the two
 */
export function judgeInterval(before: Moment, now: Moment, expectedMs: number): Verdict {
  const actualMs = Math.round(now.clocks.monotonicMs - before.clocks.monotonicMs);
  const sinceBootMs = Math.round(now.clocks.bootMs - before.clocks.bootMs);
  const suspendedMs = sinceBootMs - actualMs;
  if (suspendedMs > suspendMsMin) return { kind: 'suspend', latencyRatio: 1, suspendedMs };
  const latencyRatio = expectedMs > 0 ? actualMs / expectedMs : 1;
  const excessMs = actualMs - expectedMs;
  if (latencyRatio >= pauseRatioMin && excessMs >= pauseExcessMsMin) {
    const cause = causeOf(before, now, excessMs);
    const pause = { cause, actualMs, expectedMs, excessMs, latencyRatio };
    return { kind: 'pause', latencyRatio, pause };
  }
  const steppedMs = Math.round(now.clocks.wallMs - before.clocks.wallMs) - sinceBootMs;
  if (Math.abs(steppedMs) > stepMsMin) return { kind: 'step', latencyRatio, steppedMs };
  return { kind: 'none', latencyRatio };
}

/** From this share of the excess on the machine is to blame. */
const machineShareMin = 0.5;

function causeOf(before: Moment, now: Moment, excessMs: number): PauseCause {
  const isStolen = stolenShare(before, now, excessMs) >= machineShareMin;
  const isUnaccounted = unaccountedMs(before, now) / excessMs >= machineShareMin;
  return isStolen || isUnaccounted ? 'machine' : 'process';
}

/**
 * The smaller of two shares: of the excess, or a little that was stolen from an idle host would count;
 * and of the processor time that the host had work for, or a little of many busy cores would.
 */
function stolenShare(before: Moment, now: Moment, excessMs: number): number {
  if (before.cpu.times === null || now.cpu.times === null) return 0;
  const stolenMs = now.cpu.times.stealMs - before.cpu.times.stealMs;
  const wantedMs = stolenMs + now.cpu.times.busyMs - before.cpu.times.busyMs;
  return wantedMs > 0 ? Math.min(stolenMs / wantedMs, stolenMs / excessMs) : 0;
}

/** Of one core, had all stood still together: the kernel accounts all time in which it is run. */
function unaccountedMs(before: Moment, now: Moment): number {
  const cores = now.cpu.onlineCores;
  // The time of cores that went would be taken for missing.
  if (cores !== before.cpu.onlineCores || cores <= 0) return 0;
  if (before.clocks.cpuTimeMs === null || now.clocks.cpuTimeMs === null) return 0;
  const passedMs = now.clocks.monotonicMs - before.clocks.monotonicMs;
  return passedMs - (now.clocks.cpuTimeMs - before.clocks.cpuTimeMs) / cores;
}
