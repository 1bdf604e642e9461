/** `npm run bench [NAME…]`: measures everything, or what is named, and prints one table. */
import { adoption } from './adoption.ts';
import { boot } from './boot.ts';
import { bus } from './bus.ts';
import { busRedis } from './bus-redis.ts';
import { cache } from './cache.ts';
import { cli } from './cli.ts';
import { database } from './database.ts';
import { deaths } from './deaths.ts';
import { flood } from './flood.ts';
import { health } from './health.ts';
import { idle } from './idle.ts';
import { lag } from './lag.ts';
import { type Figure, formatTable, isMet } from './measure.ts';
import { memory } from './memory.ts';
import { racers } from './racers.ts';
import { reload } from './reload.ts';
import { resources } from './resources.ts';
import { respawn } from './respawn.ts';
import { rpc } from './rpc.ts';
import { scheduler } from './scheduler.ts';
import { storm } from './storm.ts';
import { stress } from './stress.ts';
import { waves } from './waves.ts';

const questions = new Map<string, () => Promise<Figure[]>>(
  Object.entries({
    cli,
    rpc,
    bus,
    'bus-redis': busRedis,
    cache,
    database,
    boot,
    adoption,
    respawn,
    waves,
    racers,
    deaths,
    flood,
    storm,
    health,
    idle,
    memory,
    lag,
    reload,
    resources,
    scheduler,
    stress,
  }),
);

const asked = process.argv.length > 2 ? process.argv.slice(2) : [...questions.keys()];
const unknown = asked.filter((name) => !questions.has(name));
if (unknown.length > 0) {
  const known = [...questions.keys()].join(', ');
  console.error(`there is no figure named ${unknown.join(', ')} — known: ${known}`);
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error('the figures are read from /proc, so they can be taken on Linux only');
  process.exit(2);
}

const figures: Figure[] = [];
for (const name of asked) {
  console.error(`measuring: ${name}`);
  figures.push(...((await questions.get(name)?.()) ?? []));
}
console.log(formatTable(figures));
const missedCount = figures.filter((figure) => !isMet(figure)).length;
console.log(`\nNode ${process.version}: ${figures.length} figures, ${missedCount} missed`);
