/** Events, as they travel. */
import * as z from 'zod';
import { isJsonValue } from './json-value.ts';
import { json } from './shapes.ts';
import { exchangeStats } from './shapes-redis.ts';
import { isTopic, subscribablePattern, topicLengthMax, topicPattern } from './topic.ts';

const topic = z
  .string()
  .max(topicLengthMax)
  .regex(topicPattern, 'expected dotted words of letters, digits, "_", "/" and "-", at most 16');

const pattern = z
  .string()
  .max(topicLengthMax)
  .regex(subscribablePattern, 'expected dotted words, "*" for one of them, "**" for any number')
  .describe('a topic; * is one segment, ** any number');

const patterns = z.array(pattern).min(1).max(100);
const cursor = z
  .number()
  .int()
  .min(0)
  .describe('a seq: what came after it; 0 for all that is kept');
const count = z.number().int();

export const event = z.object({
  id: z.string(),
  seq: z
    .number()
    .int()
    .describe('rises by one with every event of a daemon, and is higher after its restart'),
  topic: z.string(),
  data: json,
  time: z.iso.datetime().describe('ISO-8601, UTC'),
  source: z
    .string()
    .describe(
      'daemon, a module, or the role of who published it; with @HOST when it came from there',
    ),
});
export type Event = z.infer<typeof event>;

export const deadLetter = z.object({
  time: z.iso.datetime(),
  id: z.string().describe('of the event'),
  topic: z.string(),
  subscriber: z.string(),
  error: z.string(),
});
export type DeadLetter = z.infer<typeof deadLetter>;

export const subscribeParams = z.strictObject({ topics: patterns, from: cursor.optional() });
export const subscribed = z.object({
  subscription: z.string(),
  seq: count.describe('of the last event before it'),
});

export const publishParams = z.strictObject({ topic, data: json });

/** As `MethodRow.isPlain`. */
export function isPublishParams(params: { topic?: unknown; data?: unknown }): boolean {
  const { topic: named, data } = params;
  if (typeof named !== 'string' || !isTopic(named) || !isJsonValue(data)) return false;
  return Object.keys(params).length === 2;
}

export const historyParams = z.strictObject({
  topics: patterns.optional(),
  limit: z.number().int().min(1).max(10_000).optional(),
  from: cursor.optional(),
});

export const busStats = z.object({
  backend: z.enum(['memory', 'redis']),
  published: count,
  delivered: count.describe('to subscribers in the daemon, and into the queues of the others'),
  failed: count.describe('deliveries that ended in a dead letter'),
  lost: count.describe('dropped from the full queues of subscribers that read too slowly'),
  subscribers: count,
  patterns: count,
  history: z.object({ entries: count, bytes: count }),
  dead_letters: z.array(deadLetter).describe('the last ones, oldest first'),
  exchange: exchangeStats.nullable().describe('with other daemons; null without Redis'),
});
export type BusStats = z.infer<typeof busStats>;

/** Pushed to a subscriber. */
export const eventPush = z.object({ subscription: z.string(), event });
export const lostPush = z.object({
  subscription: z.string(),
  count: count
    .nullable()
    .describe('of a slow reader: how many; of a resumed one: at most so many, null if unknown'),
  elsewhere: z
    .boolean()
    .optional()
    .describe('true: events of other daemons; all that this one has was delivered'),
});

/** The names that these shapes have in the documents made from the table. */
const named = { Event: event, DeadLetter: deadLetter };
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
