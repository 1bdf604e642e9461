/**
 * What the module that watches the host says of it: its events `stress.pause`, `stress.elevated`,
 * `stress.critical` and `stress.normal`, told in docs/monitoring.md. It may be a module of anybody's,
 * so it is read with care, and what is kept of it is bounded. Pure.
 */
import * as z from 'zod';
import { hostProcess, type StressLevel } from '../../rpc/shapes-host.ts';

/** Whoever provides these methods is believed to watch the host. */
export const hostNamespace = 'stress';

export const hostTopics: ReadonlySet<string> = new Set([
  'stress.pause',
  'stress.normal',
  'stress.elevated',
  'stress.critical',
]);

/** A process that used much when the host was in trouble. */
export interface Culprit {
  readonly pid: number;
  readonly name: string;
  /** That it belongs to; `superbot` for daemon and keeper, null for what is not ours. */
  readonly module: string | null;
  readonly why: string;
  /** Such as `97 % of a core`. */
  readonly share: string;
}

export interface ToldPause {
  readonly kind: 'pause';
  /** `process`: the host ran on. `machine`: it did not. */
  readonly cause: 'process' | 'machine';
  /** From one sample to the next, when that should have come, and what is between. */
  readonly actualMs: number;
  readonly expectedMs: number;
  readonly excessMs: number;
  readonly latencyRatio: number;
  /** Wall clock, of the sample before the pause. */
  readonly atMs: number;
  /** For `stress show`; null when it is not kept yet. */
  readonly id: number | null;
  readonly culprits: readonly Culprit[];
}

export interface ToldLevel {
  readonly kind: 'level';
  readonly level: StressLevel;
  /** 0 to 100. */
  readonly total: number | null;
  readonly reasons: readonly string[];
  readonly id: number | null;
  readonly culprits: readonly Culprit[];
}

/** What an event under one of the host's topics says; null when that cannot be understood. */
export function readTold(topic: string, data: unknown): ToldPause | ToldLevel | null {
  if (topic === 'stress.pause') return readPause(data);
  const { success, data: level } = stressLevelWord.safeParse(topic.slice('stress.'.length));
  if (!success) return null;
  // That it says so is what counts; the rest explains it.
  const { id, stress, culprits } = levelData.parse(data);
  const { total = null, reasons = [] } = stress ?? {};
  return { kind: 'level', level, total, reasons, id, culprits };
}

function readPause(data: unknown): ToldPause | null {
  const read = pauseData.safeParse(data).data;
  if (read === undefined) return null;
  const { cause, at, id, culprits } = read;
  return {
    kind: 'pause',
    cause,
    actualMs: read.actual_ms,
    expectedMs: read.expected_ms,
    excessMs: read.excess_ms,
    latencyRatio: read.latency_ratio,
    atMs: Date.parse(at),
    id,
    culprits,
  };
}

const culpritsMax = 3;
const text = z.string().transform((given) => given.slice(0, 200));
const milliseconds = z.number().min(0);
const id = z.number().int().nullable().catch(null);
const culprit = z
  .object({ process: hostProcess.pick({ pid: true, module: true, name: true }), why: text })
  .extend({ share: text })
  .transform(({ process: { pid, name, module }, why, share }): Culprit => {
    return { pid, name: name.slice(0, 100), module: module?.slice(0, 100) ?? null, why, share };
  });
const culprits = z
  .array(z.unknown())
  .transform((all) => all.slice(0, culpritsMax).flatMap((one) => culprit.safeParse(one).data ?? []))
  .catch([]);

const stressLevelWord = z.enum(['normal', 'elevated', 'critical'] satisfies StressLevel[]);

const pauseData = z.object({
  cause: z.enum(['process', 'machine']),
  actual_ms: milliseconds,
  expected_ms: milliseconds,
  excess_ms: milliseconds,
  latency_ratio: z.number(),
  at: z.iso.datetime(),
  id,
  culprits,
});

const reasons = z
  .array(text)
  .transform((all) => all.slice(0, 3))
  .catch([]);
const levelData = z
  .object({
    id,
    stress: z.object({ total: z.number(), reasons }).nullable().catch(null),
    culprits,
  })
  .catch({ id: null, stress: null, culprits: [] });
