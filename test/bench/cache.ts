import { join } from 'node:path';
import { ModuleCache } from '../../modules/api/cache.ts';
import { log } from '../../modules/api/log.ts';
import { dial } from '../../rpc/dial.ts';
import type { Peer } from '../../rpc/peer.ts';
import { until } from '../support/until.ts';
import { callsPerSecond } from './call-rate.ts';
import { type BenchDaemon, withDaemon } from './daemon.ts';
import { withEchoServer } from './floors.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 11;
const readsMany = 100_000;
const key = 'bench:ticker:BTCUSDT';
/** A ticker of some 200 bytes. */
const value = { symbol: 'BTCUSDT', bid: '64010.5', ask: '64010.6', rest: 'x'.repeat(130) };

/** What it costs to get a value from the cache: over the wire, and kept near. */
export async function cache(): Promise<Figure[]> {
  return withDaemon({}, async (daemon) => {
    await daemon.client.call('cache.set', { key, value, ttl: 3600 });
    return [
      await overTheWire(daemon, 1, 0.6),
      await overTheWire(daemon, 64, 0.2),
      await near(daemon),
    ];
  });
}

async function overTheWire({ home, client }: BenchDaemon, inFlight: number, limit: number) {
  const call = { method: 'cache.get', params: { key } } as const;
  const answer = await client.call('cache.get', call.params);
  const echoSocket = join(home.path, `echo-${inFlight}.sock`);
  const measured = await withEchoServer(echoSocket, answer, () =>
    compare(
      rounds,
      () => callsPerSecond(home.paths.socket, call, inFlight),
      () => callsPerSecond(echoSocket, call, inFlight),
    ),
  );
  const how = inFlight === 1 ? 'one call at a time' : `${inFlight} pipelined`;
  const what = `\`cache.get\` of 200 bytes, ${how} / echo`;
  return { what, unit: 'calls/s', ...measured, target: { kind: 'ratio_min', limit } } as const;
}

/** Both are awaited, as in a module: the floor is a Map behind an async function. */
async function near({ home }: BenchDaemon): Promise<Figure> {
  const link = await linkTo(home.paths.socket);
  try {
    const options = { nearSeconds: 60 };
    await until('it hears of changes', async () => {
      await link.cache.get(key, options);
      return link.cache.metrics.near_entries === 1;
    });
    const map = new Map<string, unknown>([[key, value]]);
    const fromMap = (asked: string) => Promise.resolve(map.get(asked));
    const measured = await compare(
      rounds,
      () => timed(() => link.cache.get(key, options)),
      () => timed(() => fromMap(key)),
    );
    const what = '100,000 reads of a value that is kept near / of an awaited `Map`';
    return { what, unit: 'ms', ...measured, target: { kind: 'ratio_max', limit: 15 } };
  } finally {
    await link.peer.close();
  }
}

async function timed(read: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let at = 0; at < readsMany; at += 1) await read();
  return performance.now() - startedMs;
}

/** The module's half of the cache, over a connection of the operator's. */
async function linkTo(socketPath: string): Promise<{ peer: Peer; cache: ModuleCache }> {
  const peer: Peer = await dial(`unix:${socketPath}`, {
    methods: new Map(),
    fallback: ({ method, params }) => own.take(method, params),
    logInternalError: (reference, error) => log.error('cannot answer', { reference, error }),
    signal: AbortSignal.timeout(5000),
  });
  const own = new ModuleCache({
    call: (...call) => peer.call(...call),
    isUp: () => !peer.signal.aborted,
    log,
  });
  own.connected(peer);
  return { peer, cache: own };
}
