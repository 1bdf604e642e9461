/** What the monitoring module answers, as it travels. */
import * as z from 'zod';
import { hostProcess, stress, stressLevel, stressSample } from './shapes-host.ts';

export type { HostProcess, StressLevel, StressSample, StressScore } from './shapes-host.ts';

const time = z.iso.datetime().describe('ISO-8601, UTC');
const count = z.number().int().min(0);
const figure = z.number().nullable();
const percent = figure.describe('0 to 100');

const thresholds = z.object({
  elevation_threshold: z.number(),
  critical_threshold: z.number(),
});

export const stressStatus = z.object({
  running: z.boolean().describe('the last sample is no more than 30 s older than it should be'),
  started_at: time,
  uptime_seconds: z.number(),
  level: stressLevel,
  elevated_since: time.nullable(),
  critical_since: time.nullable(),
  sample_count: count.describe('since it started'),
  event_count: count.describe('since it started'),
  last_24_hours: z.object({ pauses: count, elevated: count, critical: count }).nullable(),
  last_sample: stressSample.nullable(),
  sampling: thresholds.extend({
    interval_ms: z.number().describe('at this level'),
    normal_interval_ms: z.number(),
    elevated_interval_ms: z.number(),
  }),
  storage: z.object({
    kind: z.enum(['database', 'files']),
    stored: count,
    dropped: count,
    problem: z.string().nullable().describe('why nothing reaches it now, in words'),
  }),
  learning: z
    .object({
      samples: count,
      pauses: count,
      histogram: z.array(count).describe('samples by stress: 0 to 9, 10 to 19, … 90 to 100'),
      suggested: thresholds.nullable().describe('null before the first pause'),
    })
    .nullable()
    .describe('null unless learning_mode is on'),
});
export type StressStatus = z.infer<typeof stressStatus>;

export const stressEventKind = z.enum(['pause', 'elevated', 'critical']);
export type StressEventKind = z.infer<typeof stressEventKind>;

export const stressEvent = z.object({
  id: count,
  kind: stressEventKind,
  at: time,
  duration_ms: figure.describe('of a pause its whole interval; null while an episode lasts'),
  pause: z
    .object({
      cause: z.enum(['process', 'machine']),
      actual_ms: z.number(),
      expected_ms: z.number(),
      excess_ms: z.number(),
      latency_ratio: z.number(),
    })
    .nullable()
    .describe('null but for a pause'),
  stress: stress.describe('of the last sample before a pause; the peak of an episode so far'),
  culprits: z
    .array(
      z.object({
        process: hostProcess,
        why: z.enum(['cpu', 'io', 'memory', 'wait', 'stuck', 'suspect']),
        share: z.string(),
      }),
    )
    .describe('the heaviest first'),
  folder: z.string().nullable().describe('what was captured, below events/ of the data folder'),
  notes: z.string(),
});
export type StressEvent = z.infer<typeof stressEvent>;

export const eventsParams = z.strictObject({
  limit: z.number().int().min(1).max(200).optional().describe('default: 20'),
  since: time.optional(),
  kind: stressEventKind.optional(),
});
export const stressEvents = z.object({
  events: z.array(stressEvent).describe('the newest first'),
});

/** One sample, or what a stretch of samples had in common: means, but for the stress. */
export const historyRow = z.object({
  at: time.describe('of the sample, or where the stretch begins'),
  samples: count,
  stress_total: z.number().describe('the highest of the stretch, and its parts'),
  stress_load: z.number(),
  stress_memory: z.number(),
  stress_thermal: z.number(),
  stress_latency: z.number(),
  stress_io: z.number(),
  stress_pressure: z.number(),
  stress_steal: z.number(),
  interval_ms_max: z.number().describe('the longest between two samples'),
  cpu_percent: percent,
  load1: figure,
  io_wait_percent: percent,
  steal_percent: percent,
  memory_available_percent: percent,
  memory_available_bytes: figure,
  swap_used_bytes: figure,
  disk_read_bytes_per_second: figure,
  disk_written_bytes_per_second: figure,
  network_sent_bytes_per_second: figure,
  network_received_bytes_per_second: figure,
  celsius: figure,
  cpu_mhz: figure,
  is_throttled: z.boolean().nullable().describe('at any time of the stretch'),
  pressure_cpu_percent: percent,
  pressure_memory_percent: percent,
  pressure_io_percent: percent,
});
export type HistoryRow = z.infer<typeof historyRow>;

export const showParams = z.strictObject({ id: count });
export const stressDetail = z.object({
  event: stressEvent,
  before: z.array(historyRow).describe('what was stored of the 30 s before it, oldest first'),
  forensics: z
    .object({
      path: z.string(),
      trigger: z.string().nullable(),
      is_complete: z.boolean().describe('false: it goes on, or was interrupted'),
      files: z.array(
        z.object({
          name: z.string(),
          bytes: count.nullable().describe('null: it could not be had'),
          failure: z.string().nullable().describe('why not'),
          note: z.string().nullable().describe('what is missing of it'),
        }),
      ),
    })
    .nullable()
    .describe('null where nothing was captured, or its folder is gone'),
});
export type StressDetail = z.infer<typeof stressDetail>;

export const historyParams = z.strictObject({
  from: time,
  to: time.describe('not in it'),
  points: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('so many stretches of equal length; default: every sample'),
  after: z.string().max(64).optional().describe('"next" of the page before'),
  limit: z.number().int().min(1).max(500).optional().describe('rows of a page; default: 500'),
});
export type StressHistoryParams = z.infer<typeof historyParams>;

export const stressHistory = z.object({
  rows: z.array(historyRow).describe('oldest first, without stretches that have no sample'),
  next: z.string().nullable().describe('null: there is no more; else there may be'),
});
export type StressHistory = z.infer<typeof stressHistory>;

const days = z.number().min(0).max(36_500);
export const pruneParams = z.strictObject({
  dry_run: z.boolean().optional().describe('only count'),
  samples_days: days.optional().describe('default: as configured'),
  events_days: days.optional().describe('default: as configured'),
});
export const stressPruned = z.object({
  dry_run: z.boolean(),
  samples: count,
  events: count,
  folders: count,
});
export type StressPruned = z.infer<typeof stressPruned>;

/** The names that these shapes have in the documents made from the table. */
const named = {
  StressStatus: stressStatus,
  StressEvent: stressEvent,
  StressHistoryRow: historyRow,
};
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
