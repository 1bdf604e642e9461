/** What `infrastructure.yaml` may hold: what modules share. */
import * as z from 'zod';
import { choice, duration, group, pattern, whenMapping, whole } from './fields.ts';

const backend = choice(['memory', 'redis']).default('memory');

// User, password, host, port, number of the database. What else a client takes out of a URL, such as
// options after a "?", is not for this file.
const redisUrlForm =
  /^rediss?:\/\/([^\s/?#@]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(\/\d{0,4})?$/;

/** What `infrastructure.database.url` may be. */
export const databaseUrlForm = /^postgres(ql)?:\/\/\S+$/;

const redisUrl = pattern(redisUrlForm, 'a URL such as redis://127.0.0.1:6379, or null')
  .refine((url) => !redisUrlForm.test(url) || URL.canParse(url), {
    error: 'a URL with a port from 0 to 65535',
  })
  .nullable()
  .default(null);

const needsUrl = {
  path: ['url'],
  error: 'a URL such as redis://127.0.0.1:6379, because backend is redis',
  when: whenMapping,
};

/** The whole file. */
export const infrastructureFile = z.strictObject(
  {
    infrastructure: group({
      event_bus: group({ backend, url: redisUrl }).refine(hasItsUrl, needsUrl),
      cache: group({
        backend,
        url: redisUrl,
        default_ttl: duration('1ms', '24d').default('1h'),
        // Entries, not bytes.
        max_size: whole(1, 10_000_000).default(1000),
      }).refine(hasItsUrl, needsUrl),
      database: group({
        // Null is DATABASE_URL of the daemon's environment, else the embedded one.
        url: pattern(databaseUrlForm, 'a URL such as postgresql://user@host/name, or null')
          .nullable()
          .default(null),
      }),
      connection_pool: group({
        min_connections: whole(0, 1000).default(2),
        max_connections: whole(1, 1000).default(10),
        connection_timeout: duration('10ms', '1h').default(30),
        idle_timeout: duration('1s', '1d').default(300),
      }).refine(({ min_connections, max_connections }) => !(min_connections > max_connections), {
        path: ['max_connections'],
        error: 'at least min_connections',
        when: whenMapping,
      }),
    }),
  },
  { error: 'a mapping with the key "infrastructure"' },
);

export type InfrastructureDocument = z.infer<typeof infrastructureFile>;

function hasItsUrl({ backend, url }: { backend: unknown; url: unknown }): boolean {
  return backend !== 'redis' || (url !== null && url !== undefined);
}
