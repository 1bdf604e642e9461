/** The cache that modules share, as it travels. */
import * as z from 'zod';
import { isJsonValue } from './json-value.ts';
import { json } from './shapes.ts';

export const keyLengthMax = 512;
/** Seconds: 24 days, the most that `default_ttl` may be too. */
const ttlMax = 2_073_600;

const key = z
  .string()
  .min(1)
  .max(keyLengthMax)
  // Half a surrogate pair cannot be written as UTF-8: two such keys would become the same one.
  .regex(/^\P{Surrogate}*$/u, 'expected well-formed Unicode')
  .describe('one for all modules: begin it with your name, such as feed:ticker:BTCUSDT');

/** As `json`, in a tenth of its time: a large value would hold up everybody else. */
const anyJson = z
  .unknown()
  .refine(isJsonValue, 'expected JSON without numbers that are too large or members "__proto__"')
  .describe('any JSON value, at most 512 KB');

const count = z.number().int();
const fraction = z.number().min(0).max(1);

export const cacheGetParams = z.strictObject({
  key,
  near: z
    .boolean()
    .optional()
    .describe('the caller keeps the value and listens to system.cache.changed meanwhile'),
});

export const cacheSetParams = z.strictObject({
  key,
  value: anyJson,
  ttl: z.number().min(0.001).max(ttlMax).optional().describe('seconds; else default_ttl'),
});

export const cacheDeleteParams = z.strictObject({ key });

export const cached = z.object({
  hit: z.boolean(),
  /** Null without a hit. */
  value: json,
  ttl: z.number().optional().describe('with near and a hit: seconds until it expires'),
  bytes: count.optional().describe('with near and a hit: what it takes as JSON'),
});
export type Cached = z.infer<typeof cached>;

export const cacheStats = z.object({
  entries: count.nullable().describe('null where the backend cannot say'),
  bytes: count.nullable().describe('of keys and values as UTF-8; null where nobody can say'),
  hits: count.describe('of this daemon, as all counts are'),
  misses: count,
  evictions: count.describe('dropped before they expired, because there was no room'),
  hit_rate: fraction.describe('hits of all requests; 0 before the first'),
  cache_hit_rate: fraction.describe('the same, under the name that it had first'),
});
export type CacheStats = z.infer<typeof cacheStats>;

/** Data of the event that tells whoever keeps values near of what was set or deleted. */
export interface CacheChanged {
  /** Null when any of them may have changed. */
  readonly keys: readonly string[] | null;
}

z.globalRegistry.add(cacheStats, { id: 'CacheStats' });
