import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { TestRedis, whyNoRedis } from '../support/redis.ts';
import { delay, rate } from './bus.ts';
import { allRunning, withDaemon } from './daemon.ts';
import { earsMax, EventParties, partyModules, withBareParties } from './event-parties.ts';
import type { Figure } from './measure.ts';

const eventsMany = 20_000;
const eventsToMany = 4000;

/**
 * Events from a module of one daemon to those of another, with Redis between them, against processes
 * that use the same Redis without a daemon. Nothing where there is no redis-server.
 */
export async function busRedis(): Promise<Figure[]> {
  const why = whyNoRedis();
  if (why !== null) {
    console.error(`not measured: ${why}`);
    return [];
  }
  const redis = await TestRedis.start();
  try {
    return await withParties(redis, async (ours, bare) => [
      await rate(ours, bare, { ears: 1, events: eventsMany, limit: 0.2, ...named }),
      await rate(ours, bare, { ears: earsMax, events: eventsToMany, limit: 0.4, ...named }),
      await delay(ours, bare, named),
    ]);
  } finally {
    await redis.dispose();
  }
}

const named = { way: ' through Redis', floor: 'ioredis alone' };

/** As those of the bus in one daemon, but that who publishes and who hears have one each. */
async function withParties(
  redis: TestRedis,
  use: (ours: EventParties, bare: EventParties) => Promise<Figure[]>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sb-bus-'));
  const [oursAt, bareAt] = [join(folder, 'ours'), join(folder, 'bare')];
  const [ours, bare] = [new EventParties(oursAt), new EventParties(bareAt)];
  const { feed, ...ears } = partyModules(compiledTree, oursAt);
  const infrastructure = { event_bus: { backend: 'redis', url: redis.url } };
  const begin = (modules: object, then: () => Promise<Figure[]>): Promise<Figure[]> =>
    withDaemon(
      { modules, autostart: Object.keys(modules) },
      async ({ client }) => {
        await allRunning(client);
        return then();
      },
      infrastructure,
    );
  try {
    return await begin({ feed }, () =>
      begin(ears, () =>
        withBareParties(
          bareAt,
          redis.url,
          async () => {
            await Promise.all([ours.allHere(), bare.allHere()]);
            return use(ours, bare);
          },
          'bare-redis-party.js',
        ),
      ),
    );
  } finally {
    ours.close();
    bare.close();
    await rm(folder, { recursive: true });
  }
}
