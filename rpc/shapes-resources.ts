/** What modules, the daemon and the machine use, and what is reported of them. Null is: not known. */
import * as z from 'zod';
import { balance } from './shapes-trading.ts';
import { moduleState, wanted } from './shapes.ts';

const time = z.iso.datetime().describe('ISO-8601, UTC');
const count = z.number().int().nullable();

export const usage = z.object({
  cpu_percent: z.number().nullable().describe('of one core: two of them busy are 200'),
  memory_bytes: count.describe('what is shared with other processes is divided among them'),
  threads: count,
  processes: count,
});
export type Usage = z.infer<typeof usage>;

export const systemUsage = z.object({
  cpu_percent: z.number().nullable().describe('of the whole machine: at most 100'),
  memory_percent: z.number().nullable(),
  memory_bytes: count.describe('in use: what no new program could have'),
  load: z.array(z.number()).length(3).nullable().describe('over 1, 5 and 15 minutes'),
  disk_percent: z.number().nullable().describe('of the file system that holds the home'),
  network_sent_bytes: count.describe('since boot, of all interfaces but loopback'),
  network_recv_bytes: count.describe('since boot, of all interfaces but loopback'),
});
export type SystemUsage = z.infer<typeof systemUsage>;

export const resources = z.object({
  system: systemUsage,
  daemon: usage.describe('the daemon and its keeper'),
  modules: z.record(z.string(), usage).describe('of the whole process tree of each'),
});
export type Resources = z.infer<typeof resources>;

export const metricFamily = z.object({
  type: z.enum(['gauge', 'counter']),
  help: z.string(),
  values: z.array(z.object({ labels: z.record(z.string(), z.string()), value: z.number() })),
});
export type MetricFamily = z.infer<typeof metricFamily>;

/** By name. What is not known has no value in it. */
export const metricFamilies = z.record(z.string(), metricFamily);
export type MetricFamilies = z.infer<typeof metricFamilies>;

export const metricsText = z.object({
  content_type: z.string(),
  text: z.string().describe('in the Prometheus text format'),
});
export type MetricsText = z.infer<typeof metricsText>;

const spread = z.object({ average: z.number(), max: z.number() });
export type Spread = z.infer<typeof spread>;

const reportedAlert = z.object({ time, severity: z.string(), text: z.string() });
export type ReportedAlert = z.infer<typeof reportedAlert>;

const alertsTold = {
  alert_count: z.number().int(),
  alerts: z.array(reportedAlert).describe('the newest, at most ten, oldest first'),
};

export const moduleReport = z.object({
  state: moduleState,
  wanted,
  up_seconds: z.number(),
  observed_seconds: z.number().describe('of the period, as far back as the journal tells'),
  up_percent: z.number().nullable().describe('of what was observed'),
  restarts: z.number().int().describe('by the restart policy'),
  failures: z.number().int().describe('how often it gave up'),
  ...alertsTold,
  cpu_percent: spread.nullable(),
  memory_bytes: spread.nullable(),
  trading: balance.nullable().describe('now; null for what trades nothing or does not answer'),
});
export type ModuleReport = z.infer<typeof moduleReport>;

export const report = z.object({
  since: time,
  until: time,
  daemon: z.object({
    uptime: z.number().describe('seconds'),
    ...alertsTold,
    cpu_percent: spread.nullable(),
    memory_bytes: spread.nullable(),
  }),
  modules: z.record(z.string(), moduleReport),
});
export type Report = z.infer<typeof report>;

/** The names that these shapes have in the documents made from the table. */
const named = {
  Usage: usage,
  SystemUsage: systemUsage,
  MetricFamily: metricFamily,
  Spread: spread,
  ModuleReport: moduleReport,
};
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
