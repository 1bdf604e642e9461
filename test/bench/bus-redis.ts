import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { TestRedis, whyNoRedis } from '../support/redis.ts';
import { delay, rate } from './bus.ts';
import { allRunning, withDaemon } from './daemon.ts';
import { earsMax, EventParties, partyModules, withBareParties } from './event-parties.ts';
import { withEventBroker } from './floors.ts';
import type { Figure } from './measure.ts';

const eventsMany = 20_000;
const eventsToMany = 4000;

/**
 * Events from a module of one daemon to those of another, with Redis between them: against two bare
 * brokers with the same Redis between them, which is as many hops, and against processes that use it
 * without anything between. Nothing where there is no redis-server.
 */
export async function busRedis(): Promise<Figure[]> {
  const why = whyNoRedis();
  if (why !== null) {
    console.error(`not measured: ${why}`);
    return [];
  }
  const redis = await TestRedis.start();
  try {
    const against = async (ours: EventParties, bare: EventParties, floor: string) => {
      const named = { way: ' through Redis', floor };
      return [
        await rate(ours, bare, { ears: 1, events: eventsMany, limit: 0.2, ...named }),
        await rate(ours, bare, { ears: earsMax, events: eventsToMany, limit: 0.4, ...named }),
        await delay(ours, bare, named),
      ];
    };
    return await withParties(redis, async (ours, bridged, bare) => [
      ...(await against(ours, bridged, 'two bare brokers')),
      ...(await against(ours, bare, 'ioredis alone')),
    ]);
  } finally {
    await redis.dispose();
  }
}

/** As those of the bus in one daemon, but that who publishes and who hears have one each. */
async function withParties(
  redis: TestRedis,
  use: (ours: EventParties, bridged: EventParties, bare: EventParties) => Promise<Figure[]>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sb-bus-'));
  const [oursAt, bridgedAt, bareAt] = [
    join(folder, 'ours'),
    join(folder, 'bridged'),
    join(folder, 'bare'),
  ];
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  const [ours, bridged, bare] = [
    new EventParties(oursAt),
    new EventParties(bridgedAt),
    new EventParties(bareAt),
  ];
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
  const withBridge = (then: () => Promise<Figure[]>): Promise<Figure[]> => {
    const near = () => withBareParties(bridgedAt, (name) => (name === 'feed' ? here : there), then);
    const far = () => withEventBroker(there, near, redis.url);
    return withEventBroker(here, far, redis.url);
  };
  const withBare = (then: () => Promise<Figure[]>): Promise<Figure[]> =>
    withBareParties(bareAt, redis.url, then, 'bare-redis-party.js');
  const measure = async (): Promise<Figure[]> => {
    await Promise.all([ours, bridged, bare].map((parties) => parties.allHere()));
    return use(ours, bridged, bare);
  };
  try {
    return await begin({ feed }, () => begin(ears, () => withBridge(() => withBare(measure))));
  } finally {
    for (const parties of [ours, bridged, bare]) parties.close();
    await rm(folder, { recursive: true });
  }
}
