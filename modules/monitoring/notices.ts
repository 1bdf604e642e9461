/** What people are told of, and when: the rules. Each answers null where nothing is to be said. */
import type { Culprit, Pause } from './happening.ts';
import type { Stress } from './stress.ts';

export interface NoticeSettings {
  readonly enabled: boolean;
  readonly pauseDetected: boolean;
  /** Of the whole interval. */
  readonly pauseMinDurationMs: number;
  readonly criticalStress: boolean;
  readonly criticalThreshold: number;
  readonly criticalDurationMs: number;
  readonly elevatedEntered: boolean;
  readonly forensicsCompleted: boolean;
}

/** The payload of `stress.alert`. */
export interface Notice {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly type: 'pause_detected' | 'elevated_entered' | 'critical_stress' | 'forensics_completed';
  readonly message: string;
}

export function pauseNotice(
  settings: NoticeSettings,
  { cause, actualMs, expectedMs, excessMs }: Pause,
  culprits: readonly Culprit[],
): Notice | null {
  const { enabled, pauseDetected, pauseMinDurationMs } = settings;
  if (!enabled || !pauseDetected || actualMs < pauseMinDurationMs) return null;
  const spans = `${seconds(actualMs)} between two samples instead of ${seconds(expectedMs)}`;
  const message = `paused for ${seconds(excessMs)} (${spans}): ${causes[cause]}${accusing(culprits)}`;
  return { severity: 'warning', type: 'pause_detected', message };
}

const causes = {
  process: 'the monitor was not run, though the machine was',
  machine: 'the machine itself stood still, or was not given its cores',
};

/** On entering the level. */
export function elevatedNotice(
  settings: NoticeSettings,
  stress: Stress,
  culprits: readonly Culprit[],
): Notice | null {
  if (!settings.enabled || !settings.elevatedEntered) return null;
  const message = `the stress of this host is elevated: ${explained(stress)}${accusing(culprits)}`;
  return { severity: 'warning', type: 'elevated_entered', message };
}

export interface CriticalEpisode {
  readonly criticalForMs: number;
  /** Of the present sample. */
  readonly stress: Stress;
  readonly culprits: readonly Culprit[];
  /** It was said already in this episode. */
  readonly isTold: boolean;
}

export function criticalNotice(
  settings: NoticeSettings,
  { criticalForMs, stress, culprits, isTold }: CriticalEpisode,
): Notice | null {
  const { enabled, criticalStress, criticalThreshold, criticalDurationMs } = settings;
  if (!enabled || !criticalStress || isTold) return null;
  if (criticalForMs < criticalDurationMs || stress.total < criticalThreshold) return null;
  const since = `the stress of this host has been critical for ${seconds(criticalForMs)}`;
  const message = `${since}: ${explained(stress)}${accusing(culprits)}`;
  return { severity: 'critical', type: 'critical_stress', message };
}

/** When a capture is done, whatever of it has failed. */
export function captureNotice(
  settings: NoticeSettings,
  capture: { readonly folder: string; readonly files: readonly { failure: string | null }[] },
): Notice | null {
  if (!settings.enabled || !settings.forensicsCompleted) return null;
  const { folder, files } = capture;
  const failed = files.filter(({ failure }) => failure !== null).length;
  const without = failed === 0 ? '' : `, ${failed} could not be had`;
  const message = `captured what was going on: ${files.length - failed} files in ${folder}${without}`;
  return { severity: 'info', type: 'forensics_completed', message };
}

const reasonsMax = 3;
const culpritsMax = 3;

function explained({ total, reasons }: Stress): string {
  const why = reasons.length === 0 ? '' : ` (${reasons.slice(0, reasonsMax).join('; ')})`;
  return `${total} of 100${why}`;
}

function accusing(culprits: readonly Culprit[]): string {
  const named = culprits.slice(0, culpritsMax).map(({ process: { pid, name, module }, share }) => {
    const whose = module === null ? '' : ` of ${module}`;
    return `${name} (pid ${pid}${whose}, ${share})`;
  });
  return named.length === 0 ? '' : ` — heaviest: ${named.join(', ')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
