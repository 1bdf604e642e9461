import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Matcher } from '../../daemon/bus/matcher.ts';
import { compiledTree } from '../support/programs.ts';
import { withDaemon } from './daemon.ts';
import {
  earsMax,
  EventParties,
  partyModules,
  partyNames,
  withBareParties,
} from './event-parties.ts';
import { withEventBroker } from './floors.ts';
import { compare, type Figure, median, percentile } from './measure.ts';

const rounds = 7;
const eventsMany = 30_000;
const eventsToMany = 6_000;
const pacedPerSecond = 400;
const pacedEvents = 600;

/** Events between processes through the daemon, against a bare broker between bare clients. */
export async function bus(): Promise<Figure[]> {
  const figures = await withParties(async (ours, bare) => [
    await rate(ours, bare, { ears: 1, events: eventsMany, limit: 0.2, ...named }),
    await rate(ours, bare, { ears: earsMax, events: eventsToMany, limit: 0.4, ...named }),
    await delay(ours, bare, named),
    await besideStalled(ours),
  ]);
  return [...figures, matching()];
}

/** Runs the processes of both sides, which are idle unless they are asked to take part. */
async function withParties(
  use: (ours: EventParties, bare: EventParties) => Promise<Figure[]>,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sb-bus-'));
  const oursAt = join(folder, 'ours');
  const bareAt = join(folder, 'bare');
  const broker = join(folder, 'broker');
  const [ours, bare] = [new EventParties(oursAt), new EventParties(bareAt)];
  const modules = partyModules(compiledTree, oursAt);
  try {
    return await withDaemon({ modules, autostart: partyNames }, () =>
      withEventBroker(broker, () =>
        withBareParties(bareAt, broker, async () => {
          await Promise.all([ours.allHere(), bare.allHere()]);
          return use(ours, bare);
        }),
      ),
    );
  } finally {
    ours.close();
    bare.close();
    await rm(folder, { recursive: true });
  }
}

/** How the two sides of a figure are called. */
interface Named {
  readonly way: string;
  readonly floor: string;
}

const named: Named = { way: '', floor: 'a bare broker' };

export async function rate(
  ours: EventParties,
  bare: EventParties,
  asked: Named & { readonly ears: number; readonly events: number; readonly limit: number },
): Promise<Figure> {
  const { ears, events, limit, way, floor } = asked;
  const run = { ears, events, perSecond: null };
  const measured = await compare(
    rounds,
    async () => (await ours.run(run)).deliveriesPerSecond,
    async () => (await bare.run(run)).deliveriesPerSecond,
  );
  const what = `events to ${ears} subscriber${ears > 1 ? 's' : ''}${way} / ${floor}`;
  return { what, unit: '/s', ...measured, target: { kind: 'ratio_min', limit } };
}

/** From the publisher's call until the subscriber's handler; the slowest of a hundred. */
export async function delay(
  ours: EventParties,
  bare: EventParties,
  { way, floor }: Named,
): Promise<Figure> {
  const run = { ears: 1, events: pacedEvents, perSecond: pacedPerSecond };
  const measured = await compare(
    rounds,
    async () => percentile((await ours.run(run)).delaysUs, 0.99) / 1000,
    async () => percentile((await bare.run(run)).delaysUs, 0.99) / 1000,
  );
  const what = `p99 of an event's way${way} at ${pacedPerSecond} a second / ${floor}`;
  return { what, unit: 'ms', ...measured, target: { kind: 'ratio_max', limit: 3 } };
}

/** Nine of them while the tenth has subscribed and does not read, against nine without a tenth. */
async function besideStalled(ours: EventParties): Promise<Figure> {
  const run = { ears: earsMax - 1, events: eventsToMany, perSecond: null };
  const stalled = ours.party(`ear${earsMax - 1}`);
  const measured = await compare(
    rounds,
    async () => {
      await stalled.ask({ order: 'hear', events: eventsToMany, mayMiss: true }, 'hearing');
      process.kill(stalled.pid, 'SIGSTOP');
      try {
        return (await ours.run(run)).deliveriesPerSecond;
      } finally {
        const done = stalled.next('done');
        process.kill(stalled.pid, 'SIGCONT');
        await done;
      }
    },
    async () => (await ours.run(run)).deliveriesPerSecond,
  );
  const what = 'events to nine subscribers beside a stalled tenth / without it';
  return { what, unit: '/s', ...measured, target: { kind: 'ratio_min', limit: 0.75 } };
}

/** With as many subscriptions as a large house has. */
function matching(): Figure {
  const subscriptions = 10_000;
  const many = new Matcher<number>();
  const single = new Matcher<number>();
  single.add('price.*.update', 0);
  for (let at = 0; at < subscriptions; at += 1)
    many.add(['price.*.update', `price.S${at}.update`, `order.S${at}.**`][at % 3] ?? '', at % 10);
  const timed = (matcher: Matcher<number>): number => {
    const startedMs = performance.now();
    for (let at = 0; at < 20_000; at += 1) matcher.match(`price.S${at % subscriptions}.update`);
    return performance.now() - startedMs;
  };
  const times = Array.from({ length: rounds }, () => [timed(many), timed(single)] as const);
  return {
    what: `20,000 matches among ${subscriptions.toLocaleString('en-US')} patterns / with one`,
    unit: 'ms',
    value: median(times.map(([ours]) => ours)),
    floor: median(times.map(([, floor]) => floor)),
    target: { kind: 'ratio_max', limit: 5 },
  };
}
