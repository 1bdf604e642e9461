/** What is asked for with each method, by name; a key that is not listed is refused. */
import * as z from 'zod';
import { logLevel, moduleName, moduleParams } from './shapes.ts';

const timeoutSeconds = z.number().positive().max(86_400).describe('seconds');
const lineCount = z.number().int().min(0).max(10_000);
const cursor = z.number().int().min(0).describe('lines after this seq; needs module');

export const nothing = z.strictObject({});

export const ofModule = z.strictObject({ module: moduleName });

export const moduleStart = z.strictObject({
  module: moduleName,
  params: moduleParams.optional(),
  wait: z.boolean().optional(),
  timeout: timeoutSeconds.optional(),
});

export const moduleStop = z.strictObject({
  module: moduleName,
  graceful: z.boolean().optional(),
  wait: z.boolean().optional(),
  cascade: z.boolean().optional().describe('stop those that depend on it first'),
  until: z
    .literal('schedule')
    .optional()
    .describe('its hours, or a job, may start it again; else only an operator may'),
});

export const moduleRestart = z.strictObject({
  module: moduleName,
  force: z.boolean().optional(),
  params: moduleParams.optional(),
  cascade: z.boolean().optional().describe('also those that depend on it'),
  timeout: timeoutSeconds.optional(),
});

export const moduleExplain = z.strictObject({
  module: moduleName,
  since: z.iso.datetime().optional().describe('else the last 50 entries'),
});

export const ofJob = z.strictObject({
  job: z.string().describe('name of a job in daemon.schedule'),
});

export const logsTail = z.strictObject({
  module: moduleName.optional(),
  level: logLevel.optional().describe('this level and above'),
  lines: lineCount.optional(),
  since: z.iso.datetime().optional(),
});

export const logsStream = z.strictObject({
  module: moduleName.optional(),
  level: logLevel.optional().describe('this level and above'),
  lines: lineCount.optional(),
  from: cursor.optional(),
});

export const monitoringMetrics = z.strictObject({
  format: z.enum(['json', 'prometheus']).optional(),
});

export const monitoringReport = z.strictObject({
  since: z
    .union([z.string().regex(/^\d{1,9}(ms|s|m|h|d)$/), z.iso.datetime()])
    .optional()
    .describe('a time, or how long ago such as 12h; else 7d'),
});

export const linkHello = z.strictObject({
  module: moduleName,
  token: z.string(),
  methods: z.array(z.string()).max(256),
});
