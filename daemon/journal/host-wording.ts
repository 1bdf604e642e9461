/** What happened to the host, as an entry of its journal and as an event. Pure. */
import type { HostPause } from '../host/pauses.ts';
import type { Culprit, ToldLevel, ToldPause } from '../host/told.ts';
import { durationInWords, type Words } from './wording.ts';

/** Of the event `system.pause`, and of the entry about it. */
export function pauseData({ lost, told, beganMs }: HostPause) {
  return {
    /** How late a timer of this daemon was, and how far the machine's sleep; null: not noticed here. */
    stalled_ms: rounded(lost?.stalledMs),
    suspended_ms: rounded(lost?.suspendedMs),
    at: new Date(beganMs).toISOString(),
    cause: told?.cause ?? null,
    actual_ms: rounded(told?.actualMs),
    expected_ms: rounded(told?.expectedMs),
    excess_ms: rounded(told?.excessMs),
    latency_ratio: rounded(told?.latencyRatio, 100),
    id: told?.id ?? null,
    culprits: (told?.culprits ?? []).map((one) => ({ ...one })),
  };
}

export function pauseInWords(pause: HostPause): Words {
  const { lost, told } = pause;
  const lostMs = Math.max(lost?.stalledMs ?? 0, lost?.suspendedMs ?? 0, told?.excessMs ?? 0);
  const slept = (lost?.suspendedMs ?? 0) > (lost?.stalledMs ?? 0);
  const how = told === null ? (slept ? 'slept' : 'unknown') : causeOf(told, lost);
  const text = `${whatHappened[how]} for ${durationInWords(lostMs)}${heaviest(told?.culprits)}`;
  return { kind: 'pause', text, data: { ...pauseData(pause), lost_ms: Math.round(lostMs) } };
}

/** @param change null: nobody knows any more */
export function stressInWords(change: ToldLevel | null): Words {
  if (change === null) {
    const text = 'how stressed the host is, is not known: nobody watches it, or it begins anew';
    return { kind: 'stress', text, data: { level: null } };
  }
  const { level, total, reasons, id, culprits } = change;
  const score = total === null ? '' : ` (${Math.round(total)} of 100)`;
  const why = reasons[0] === undefined || level === 'normal' ? '' : `: ${reasons[0]}`;
  return {
    kind: 'stress',
    text: `the host is ${levels[level]}${score}${why}${heaviest(culprits)}`,
    data: {
      level,
      total,
      reasons: [...reasons],
      id,
      culprits: culprits.map((one) => ({ ...one })),
    },
  };
}

function rounded(value: number | undefined, steps = 1): number | null {
  return value === undefined ? null : Math.round(value * steps) / steps;
}

/** The module alone may have been late: then the host is not to blame. */
function causeOf({ cause }: ToldPause, lost: HostPause['lost']): keyof typeof whatHappened {
  return cause === 'process' && lost === null ? 'alone' : cause;
}

const whatHappened = {
  slept: 'the machine slept',
  unknown: 'this daemon was not run',
  alone: 'the module that watches the host was not run, but host and daemon were,',
  process: 'processes were not run while the host went on,',
  machine: 'the host itself stood still',
} as const;

const levels = {
  normal: 'calm again',
  elevated: 'under stress',
  critical: 'under critical stress',
} as const;

function heaviest([first]: readonly Culprit[] = []): string {
  if (first === undefined) return '';
  const { name, pid, module, share } = first;
  const whose = module === null ? '' : ` of ${module}`;
  return `; heaviest: ${name}${whose} (pid ${pid}, ${share})`;
}
