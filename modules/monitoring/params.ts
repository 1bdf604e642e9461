import { z } from 'zod';
import { duration, explainParams, toggle, whole } from '../api/param-rules.ts';
import type { NoticeSettings } from './notices.ts';

/** What the module was asked to do, checked. See README.md for each. */
export interface MonitoringParams {
  /** Only watch and count: no faster sampling, no captures for stress, no alerts. */
  readonly learningMode: boolean;
  readonly sampling: {
    readonly normalIntervalMs: number;
    readonly elevatedIntervalMs: number;
    /** Of the stress, 0 to 100. */
    readonly elevationThreshold: number;
    readonly criticalThreshold: number;
  };
  readonly retention: { readonly samplesDays: number; readonly eventsDays: number };
  /** What is told; what is noticed depends on `sampling` alone. */
  readonly alerts: NoticeSettings & { readonly sound: boolean };
  /** Parts of names of processes that are always listed. */
  readonly suspects: readonly string[];
  readonly keepAwake: boolean;
  /** `auto`: the database where there is one. */
  readonly storage: 'auto' | 'database' | 'files';
  /** The schema of the database in which the tables are. */
  readonly schema: string;
}

export type ParsedParams =
  | { readonly ok: true; readonly params: MonitoringParams }
  | { readonly ok: false; readonly problem: string };

/** What slows a Linux server down beside its work: reclaim, journals, updates, indexers, scanners, copies. */
const usualSuspects = [
  ...['kswapd', 'kcompactd', 'jbd2', 'apt-get', 'dpkg', 'unattended-upgr', 'packagekitd', 'snapd'],
  ...['updatedb', 'tracker-miner', 'clamscan', 'clamd', 'rsync', 'restic', 'borg'],
];
const suspectsMax = 50;
const schemaName = /^[a-z][a-z0-9_]{0,47}$/;

const schema = z
  .strictObject({
    learning_mode: toggle(false),
    sampling: section({
      normal_interval: interval(5),
      elevated_interval: interval(1),
      elevation_threshold: whole(30, 1, 100),
      critical_threshold: whole(60, 1, 100),
    }),
    retention: section({ samples_days: whole(30, 1, 36_500), events_days: whole(90, 1, 36_500) }),
    alerts: section({
      enabled: toggle(true),
      pause_detected: toggle(true),
      pause_min_duration: wait(2),
      critical_stress: toggle(true),
      critical_threshold: whole(60, 1, 100),
      critical_duration: wait(30),
      elevated_entered: toggle(false),
      forensics_completed: toggle(true),
      sound: toggle(false),
    }),
    suspects: section({ patterns: names(usualSuspects) }),
    keep_awake: toggle(true),
    storage: z
      .enum(['auto', 'database', 'files'], 'expected auto, database or files')
      .default('auto'),
    schema: z
      .string()
      .regex(schemaName, 'expected small letters, digits and _, beginning with a letter')
      .default('stress'),
  })
  .superRefine(({ sampling }, context) => {
    const { normal_interval, elevated_interval, elevation_threshold, critical_threshold } =
      sampling;
    if (elevated_interval > normal_interval) {
      const message = 'expected no more than sampling.normal_interval';
      context.addIssue({ code: 'custom', path: ['sampling', 'elevated_interval'], message });
    }
    if (critical_threshold < elevation_threshold) {
      const message = 'expected no less than sampling.elevation_threshold';
      context.addIssue({ code: 'custom', path: ['sampling', 'critical_threshold'], message });
    }
  });

/**
 * Names every param that is wrong, what it was, and what is expected, in one line.
 *
 * @param environment `MONITORING_SAMPLING_NORMAL_INTERVAL=2` and the like, which take precedence
 */
export function parseParams(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>> = {},
): ParsedParams {
  const raw = withEnvironment(given, environment);
  const result = schema.safeParse(raw);
  if (!result.success) return { ok: false, problem: explainParams(result.error, raw, schema) };
  const { learning_mode, sampling, retention, alerts, suspects, ...rest } = result.data;
  return {
    ok: true,
    params: {
      learningMode: learning_mode,
      sampling: {
        normalIntervalMs: sampling.normal_interval,
        elevatedIntervalMs: sampling.elevated_interval,
        elevationThreshold: sampling.elevation_threshold,
        criticalThreshold: sampling.critical_threshold,
      },
      retention: { samplesDays: retention.samples_days, eventsDays: retention.events_days },
      alerts: {
        enabled: alerts.enabled && !learning_mode,
        pauseDetected: alerts.pause_detected,
        pauseMinDurationMs: alerts.pause_min_duration,
        criticalStress: alerts.critical_stress,
        criticalThreshold: alerts.critical_threshold,
        criticalDurationMs: alerts.critical_duration,
        elevatedEntered: alerts.elevated_entered,
        forensicsCompleted: alerts.forensics_completed,
        sound: alerts.sound,
      },
      suspects: suspects.patterns,
      keepAwake: rest.keep_awake,
      storage: rest.storage,
      schema: rest.schema,
    },
  };
}

function withEnvironment(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const raw: Record<string, unknown> = { ...(given as object) };
  for (const path of paths) {
    const value = environment[`MONITORING_${path.join('_').toUpperCase()}`];
    if (value === undefined || value === '') continue;
    const [first, second] = path;
    if (second === undefined) raw[first] = value;
    else raw[first] = { ...(raw[first] as object | undefined), [second]: value };
  }
  return raw;
}

/** Of every param: its name, in its section where it has one. */
const paths = Object.entries(schema.shape).flatMap(([name, rule]): [string, string?][] =>
  rule instanceof z.ZodPrefault
    ? Object.keys(rule.unwrap().shape).map((key): [string, string] => [name, key])
    : [[name]],
);

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, 'expected names with values').prefault({} as never);
}

function interval(defaultSeconds: number) {
  const rule = 'expected a duration from 100ms to 1h, such as 5 (seconds) or "500ms"';
  return duration(defaultSeconds, { minMs: 100, maxMs: 3_600_000, rule });
}

function wait(defaultSeconds: number) {
  const rule = 'expected a duration up to 1d, such as 30 (seconds) or "5m"';
  return duration(defaultSeconds, { minMs: 0, maxMs: 86_400_000, rule });
}

/** A list, or text with commas. */
function names(list: readonly string[]) {
  const rule = `expected up to ${suspectsMax} parts of names, such as [kswapd, rsync]`;
  const read = (given: unknown) =>
    typeof given === 'string' ? given.split(',').map((name) => name.trim()) : given;
  const name = z.string(rule).min(1, rule).max(64, rule);
  return z.preprocess(read, z.array(name, rule).max(suspectsMax, rule)).default([...list]);
}
