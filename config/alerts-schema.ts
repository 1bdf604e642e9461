/** What `daemon.alerts` may hold: when somebody is told that something is wrong, and how. */
import * as z from 'zod';
import { choice, duration, flag, group } from './fields.ts';
import { isPrivateUrl } from './loopback.ts';
import { argv } from './module-sections.ts';

/** In the order of their weight. */
export const severities = ['info', 'warning', 'critical'] as const;

const webhookForm = 'an https URL, or an http one of a loopback address';

export const alerts = group({
  cooldown: duration('0s', '1d').default('5m'),
  min_severity: choice(severities).default('info'),
  command: argv.nullable().default(null),
  // That it is a reference is checked in `combinations.ts`, which knows how it was written.
  webhook: z
    .string({ error: webhookForm })
    .max(2048, { error: 'a URL of at most 2048 characters' })
    .refine(isPrivateUrl, { error: webhookForm })
    .nullable()
    .default(null),
  include_output: flag().default(false),
});
