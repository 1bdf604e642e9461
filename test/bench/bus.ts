import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Matcher } from '../../daemon/bus/matcher.ts';
import { type BenchDaemon, withDaemon } from './daemon.ts';
import { withEventBroker } from './floors.ts';
import { compare, type Figure, median, percentile } from './measure.ts';

const rounds = 5;
const eventsMany = 10_000;
const inFlightMax = 500;
const pacedPerSecond = 400;
const pacedEvents = 400;
const data = 'x'.repeat(120);

/** How one side is spoken to. */
interface Dialect {
  readonly path: string;
  readonly subscribe: string;
  readonly publish: (number: number) => string;
}

/** Events through the daemon, against a broker of a few lines on the same kind of socket. */
export async function bus(): Promise<Figure[]> {
  const figures = await withDaemon({}, async ({ home }: BenchDaemon) => {
    const path = join(home.path, 'broker.sock');
    const [ours, bare] = [daemonAt(home.paths.socket), brokerAt(path)];
    return withEventBroker(path, async () => [
      await rate(ours, bare, 1, 0.2),
      await rate(ours, bare, 10, 0.4),
      await delay(ours, bare),
    ]);
  });
  return [...figures, matching()];
}

function daemonAt(path: string): Dialect {
  const call = (method: string, params: object, id: number) =>
    `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
  return {
    path,
    subscribe: call('events.subscribe', { topics: ['price.*.update'] }, 1),
    publish: (n) => call('events.publish', { topic: 'price.BTC.update', data: { n, data } }, n),
  };
}

function brokerAt(path: string): Dialect {
  return {
    path,
    subscribe: '{"subscribe":true}\n',
    publish: (n) => `${JSON.stringify({ topic: 'price.BTC.update', data: { n, data } })}\n`,
  };
}

async function rate(ours: Dialect, bare: Dialect, subscribers: number, limit: number) {
  const measured = await compare(
    rounds,
    () => deliveriesPerSecond(ours, subscribers),
    () => deliveriesPerSecond(bare, subscribers),
  );
  const what = `events to ${subscribers} subscriber${subscribers > 1 ? 's' : ''} / a bare broker`;
  return { what, unit: '/s', ...measured, target: { kind: 'ratio_min', limit } } as const;
}

async function delay(ours: Dialect, bare: Dialect): Promise<Figure> {
  const measured = await compare(
    rounds,
    () => pacedDelayMs(ours),
    () => pacedDelayMs(bare),
  );
  const what = `p99 of an event's way at ${pacedPerSecond} a second / a bare broker`;
  return { what, unit: 'ms', ...measured, target: { kind: 'ratio_max', limit: 3 } };
}

/** One publisher that has so many events under way that no queue overflows. */
async function deliveriesPerSecond(side: Dialect, count: number): Promise<number> {
  const publisher = await open(side.path);
  publisher.resume();
  const subscribers = await Promise.all(Array.from({ length: count }, () => subscribed(side)));
  const heard = subscribers.map(() => 0);
  let sent = 0;
  const startedMs = performance.now();
  await new Promise<void>((resolve) => {
    const send = (): void => {
      const slowest = Math.min(...heard);
      let text = '';
      while (sent < eventsMany && sent - slowest < inFlightMax) text += side.publish((sent += 1));
      if (text !== '') publisher.write(text);
      if (slowest === eventsMany) resolve();
    };
    for (const [at, socket] of subscribers.entries())
      socket.on('data', (chunk: Buffer) => {
        heard[at] = (heard[at] ?? 0) + linesIn(chunk);
        send();
      });
    send();
  });
  const tookMs = performance.now() - startedMs;
  for (const socket of [publisher, ...subscribers]) socket.destroy();
  return (eventsMany * count) / (tookMs / 1000);
}

/** From the call of the publisher until the subscriber reads it; the slowest of a hundred. */
async function pacedDelayMs(side: Dialect): Promise<number> {
  const [publisher, subscriber] = await Promise.all([open(side.path), subscribed(side)]);
  publisher.resume();
  const sentMs: number[] = [];
  const tookMs: number[] = [];
  const timer = setInterval(() => {
    sentMs.push(performance.now());
    publisher.write(side.publish(sentMs.length));
    if (sentMs.length === pacedEvents) clearInterval(timer);
  }, 1000 / pacedPerSecond);
  await new Promise<void>((resolve) => {
    subscriber.on('data', (chunk: Buffer) => {
      for (let lines = linesIn(chunk); lines > 0; lines -= 1)
        tookMs.push(performance.now() - (sentMs[tookMs.length] ?? 0));
      if (tookMs.length >= pacedEvents) resolve();
    });
  });
  for (const socket of [publisher, subscriber]) socket.destroy();
  return percentile(tookMs, 0.99);
}

/** A connection that has subscribed, and been told so. */
async function subscribed({ path, subscribe }: Dialect): Promise<Socket> {
  const socket = await open(path);
  socket.write(subscribe);
  await once(socket, 'data');
  return socket;
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
}

function linesIn(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, at + 1)) count += 1;
  return count;
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
