/** What is known of a Redis that the daemon uses. */
import * as z from 'zod';

const count = z.number().int();

export const redisStatus = z.object({
  address: z.string().describe('host and port, never user or password'),
  state: z
    .enum(['up', 'down', 'stalled', 'refusing'])
    .describe('stalled: it accepts connections, no more; refusing: it does not take what is set'),
  since: z.iso.datetime(),
  why: z.string().nullable().describe('for people; null while it is up'),
  latency_ms: z.number().nullable().describe('of the last ping; null before one'),
});
export type RedisStatus = z.infer<typeof redisStatus>;

export const exchangeStats = z.object({
  redis: redisStatus,
  sent: count.describe('events of this daemon that Redis has taken'),
  waiting: count.describe('for Redis, at present'),
  dropped: count.describe('they waited too long: others never get them'),
  unanswered: count.describe('under way when a connection broke: nobody knows'),
  received: count.describe('events of other daemons'),
  missed: count.describe('events of other daemons that are known to be missing'),
  ignored: count.describe('messages that came twice or that no daemon has sent'),
  daemons: count.describe('runs of other daemons that were heard of'),
});
export type ExchangeStats = z.infer<typeof exchangeStats>;

for (const [id, schema] of Object.entries({ RedisStatus: redisStatus }))
  z.globalRegistry.add(schema, { id });
