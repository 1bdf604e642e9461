// Three waves of everything at once. What the first one left behind may be the heap's working size;
// what every further wave adds would be a leak.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawClient } from '../rpc/wire.ts';
import { until } from '../support/until.ts';
import { abusedDaemon, line, login, request, type AbusedDaemon } from './abused-daemon.ts';
import { randomFrom, seed } from './seed.ts';

const mebibyte = 1024 * 1024;

/** The heap at work: Node keeps what it once needed. */
const firstGrowthBytesMax = 200 * mebibyte;
/** Half of what the unfinished lines of two waves alone would take, were they kept. */
const furtherGrowthBytesMax = 60 * mebibyte;

const chatty = {
  type: 'exec',
  // In bursts: whatever never pauses has a processor of its own, which is not what is looked at here.
  command: [
    'sh',
    '-c',
    'while :; do yes "long enough to fill buffers" | head -n 150; sleep 0.01; done',
  ],
  ready: { after: '0s' },
  restart: { policy: 'never' },
};

/** Each opens connections and leaves them in a bad state; the wave hangs up on all of them. */
type Attack = (daemon: AbusedDaemon, random: (max: number) => number) => Promise<RawClient[]>;

const attacks: Record<string, Attack> = {
  'connections that say nothing': (daemon) => many(10, () => daemon.open()),

  'random bytes, cut off anywhere': (daemon, random) =>
    many(50, async () => {
      const client = await daemon.open();
      client.write(Buffer.from(Array.from({ length: random(8192) }, () => random(256))));
      return client;
    }),

  'lines of a megabyte that do not end': (daemon) =>
    many(60, async () => {
      const client = await daemon.enter();
      client.write('x'.repeat(mebibyte));
      return client;
    }),

  'a long line of single bytes': (daemon) =>
    many(4, async () => {
      const client = await daemon.enter();
      for (let n = 0; n < 500; n += 1) {
        client.write('x');
        await nextTurn();
      }
      return client;
    }),

  'subscribers and callers that never read': (daemon) =>
    many(10, async () => {
      const client = await daemon.enter();
      client.pause();
      for (let n = 0; n < 30; n += 1) client.send(request('logs.stream', { module: 'chatty' }));
      for (let n = 0; n < 300; n += 1) client.send(request('daemon.status'));
      return client;
    }),

  'batches of everything': (daemon, random) =>
    many(10, async () => {
      const client = await daemon.enter();
      const calls = ['module.list', 'logs.tail', 'no.such', 'logs.stream', 'subscription.cancel'];
      const elements = Array.from({ length: 100 }, (_, n) => [
        request(calls[random(calls.length)] ?? '', {}, n),
        { jsonrpc: '2.0', id: n, result: 'x'.repeat(1000) },
        null,
      ]);
      for (let n = 0; n < 2; n += 1) client.send(elements.flat().slice(0, 100));
      return client;
    }),

  'calls whose callers are gone': (daemon) =>
    many(20, async () => {
      const client = await daemon.enter();
      client.send(request('logs.tail', { module: 'chatty', lines: 1000 }));
      client.end();
      return client;
    }),

  'wrong tokens': (daemon) =>
    many(10, async () => {
      const client = await daemon.open();
      client.write(line(login('f'.repeat(64))).repeat(10));
      return client;
    }),
};

describe('three waves of abuse', () => {
  for (const way of ['unix', 'tcp'] as const) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way, {
        modules: { chatty },
        logs: { max_size: '1M', keep: 1 },
      });

      it(`leave the daemon with the descriptors and the memory that it had (FUZZ_SEED=${seed})`, async () => {
        const random = randomFrom(seed);
        await daemon.ask(request('module.start', { module: 'chatty' }));
        const before = { bytes: daemon.residentBytes, descriptors: daemon.descriptors };

        const peakBytes = await wave(daemon, before, random);
        await settled('after the first wave', daemon, before, firstGrowthBytesMax);
        const first = { ...before, bytes: peakBytes };

        await wave(daemon, before, random);
        await wave(daemon, before, random);
        await settled('after the third wave', daemon, first, furtherGrowthBytesMax);

        await daemon.ask(request('module.stop', { module: 'chatty' }));
      }).timeout(90_000);
    });
  }
});

/** Resolves with the most memory that the daemon had between two attacks. */
async function wave(
  daemon: AbusedDaemon,
  { descriptors }: Footprint,
  random: (max: number) => number,
): Promise<number> {
  let peakBytes = 0;
  for (const attack of Object.values(attacks)) {
    const clients = await attack(daemon, random);
    // The daemon has taken in what was sent before this by the time it answers.
    expect(await daemon.ask(request('daemon.status'))).to.have.property('result');
    for (const client of clients) {
      client.resume();
      client.destroy();
    }
    await Promise.all(clients.map((client) => client.ended));
    // Strangers that are gone make room for the next.
    await until('all of them are gone', () => daemon.descriptors <= descriptors);
    peakBytes = Math.max(peakBytes, daemon.residentBytes);
  }
  return peakBytes;
}

interface Footprint {
  readonly bytes: number;
  readonly descriptors: number;
}

/** Waits for what was held to be let go. Garbage is collected when there is work, so there is some. */
async function settled(
  when: string,
  daemon: AbusedDaemon,
  { bytes, descriptors }: Footprint,
  growthBytesMax: number,
): Promise<void> {
  await until(`${descriptors} descriptors ${when}`, () => daemon.descriptors <= descriptors);
  await until(`at most ${growthBytesMax} bytes more than ${bytes} ${when}`, async () => {
    await daemon.exchange(line(request('module.list')).repeat(500));
    return daemon.residentBytes - bytes <= growthBytesMax;
  });
}

/** One after the other, because few may be unknown at the same time. */
async function many(count: number, open: () => Promise<RawClient>): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) clients.push(await open());
  return clients;
}
