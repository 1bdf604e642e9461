/** The host as a sample shows it, as it travels. Null is what the host does not tell. */
import * as z from 'zod';

const time = z.iso.datetime().describe('ISO-8601, UTC');
const figure = z.number().nullable();
const percent = figure.describe('0 to 100');

export const stressLevel = z.enum(['normal', 'elevated', 'critical']);
export type StressLevel = z.infer<typeof stressLevel>;

export const stress = z.object({
  total: z.number().describe('0 to 100'),
  parts: z.object({
    load: z.number(),
    memory: z.number(),
    thermal: z.number(),
    latency: z.number(),
    io: z.number(),
    pressure: z.number(),
    steal: z.number(),
  }),
  reasons: z.array(z.string()).describe('one sentence for each part above 0, the heaviest first'),
});
export type StressScore = z.infer<typeof stress>;

const pressure = z.object({
  some10: z.number().describe("the kernel's average of ten seconds, 0 to 100"),
  full10: figure,
  some_percent: percent,
  full_percent: percent,
});

export const hostProcess = z.object({
  pid: z.number().int(),
  start_ticks: z.number().describe('since boot: with the pid and the boot it names a process'),
  name: z.string(),
  state: z.string().describe('as in proc(5): D waits for a device'),
  module: z.string().nullable().describe('"superbot": daemon and keeper; null: not ours'),
  cpu_percent: figure.describe('100 is one core'),
  wait_percent: percent,
  memory_bytes: z.number(),
  memory_percent: percent,
  read_bytes_per_second: figure,
  written_bytes_per_second: figure,
  major_faults_per_second: figure,
  is_suspect: z.boolean(),
});
export type HostProcess = z.infer<typeof hostProcess>;

export const stressSample = z.object({
  at: time,
  interval_ms: z.number().describe('since the sample before; 0 for the first'),
  level: stressLevel,
  stress,
  cpu: z.object({
    cores: z.number().describe('that may be used: half a one, where that is the quota'),
    online_cores: z.number(),
    load1: figure,
    load5: figure,
    load15: figure,
    busy_percent: percent,
    io_wait_percent: percent,
    steal_percent: percent,
    run_delay_percent: figure,
    context_switches_per_second: figure,
    blocked_tasks: figure,
  }),
  memory: z.object({
    total_bytes: figure,
    available_bytes: figure,
    available_percent: percent,
    swap_used_bytes: figure,
    major_faults_per_second: figure,
    swap_in_bytes_per_second: figure,
    swap_out_bytes_per_second: figure,
  }),
  disk: z.object({
    read_bytes_per_second: figure,
    written_bytes_per_second: figure,
    busy_percent: percent,
  }),
  network: z.object({ sent_bytes_per_second: figure, received_bytes_per_second: figure }),
  thermal: z.object({ celsius: figure, cpu_mhz: figure, is_throttled: z.boolean().nullable() }),
  pressure: z.object({
    cpu: pressure.nullable(),
    memory: pressure.nullable(),
    io: pressure.nullable(),
  }),
  container: z
    .object({
      quota_cores: figure,
      throttled_percent: percent,
      memory_bytes: figure,
      memory_max_bytes: figure,
      oom_kills: figure,
    })
    .nullable(),
  processes: z.array(hostProcess).describe('the heaviest; empty where none were looked at'),
});
export type StressSample = z.infer<typeof stressSample>;

/** The names that these shapes have in the documents made from the table. */
const named = { Stress: stress, StressSample: stressSample, HostProcess: hostProcess };
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
