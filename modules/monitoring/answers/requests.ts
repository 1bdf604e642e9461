/** What may be asked, checked: the daemon passes on what it was sent, unread. */
import { z } from 'zod';
import { RpcError } from '../../api/module.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const days = z.number().min(0).max(36_500);

export const eventsRequest = z.strictObject({
  limit: z.int().min(1).max(200).default(20),
  since: time.optional(),
  kind: z.enum(['pause', 'elevated', 'critical']).optional(),
});

export const showRequest = z.strictObject({ id: z.int().min(0) });

export const historyRequest = z
  .strictObject({
    from: time,
    to: time,
    points: z.int().min(1).max(10_000).optional(),
    after: z.string().max(64).optional(),
    limit: z.int().min(1).max(500).default(500),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'expected a time after "from"' });

export const pruneRequest = z.strictObject({
  dry_run: z.boolean().default(false),
  samples_days: days.optional(),
  events_days: days.optional(),
});

/** Throws `invalidParams`. */
export function checked<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'params'}: ${message}`,
  );
  throw new RpcError('invalidParams', `invalid params: ${problems.join('; ')}`);
}
