import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dial } from '../../rpc/dial.ts';
import { methodNotFound } from '../../rpc/dispatch.ts';
import type { Peer } from '../../rpc/peer.ts';
import { environmentOf } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { allRunning, sleepers, withDaemon } from './daemon.ts';
import { withAskingServer } from './floors.ts';
import type { Figure } from './measure.ts';
import { cpuMs } from './processes.ts';

const count = 300;
const settleMs = 5000;
const watchedMs = 20_000;

/** What it costs the daemon to ask 300 modules a second over their links, one interval each. */
export function health(): Promise<Figure[]> {
  const { modules: sleeping, names: autostart } = sleepers(count);
  const health = { interval: '1s', failures: 1000 };
  const modules = Object.fromEntries(
    autostart.map((name) => [name, { ...sleeping[name], health }]),
  );
  return withDaemon({ modules, autostart }, async ({ client, home, daemonPid }) => {
    await allRunning(client);
    const { modules: statuses } = await client.call('module.list');
    let answered = 0;
    const links = await Promise.all(
      statuses.map(({ pid }) => linkOf(pid ?? 0, () => (answered += 1))),
    );
    await until('every link was asked', async () => {
      const { modules: rows } = await client.call('monitoring.health');
      return Object.values(rows).every(({ status }) => status === 'healthy');
    });
    await delay(settleMs);
    const ours = await percentOf(daemonPid, () => answered);
    for (const link of links) link.destroy();
    const floor = await floorIn(home.path);
    return [
      {
        what: `${Math.round(ours.perSecond)} link checks a second / one that only asks`,
        unit: '% of a core',
        value: ours.percent,
        floor: floor.percent * (ours.perSecond / floor.perSecond),
        target: { kind: 'value_max', limit: 10 },
      },
    ];
  });
}

/** The link of a module that has none: its program only sleeps, and this process speaks for it. */
async function linkOf(pid: number, onAsked: () => void): Promise<Peer> {
  const environment = environmentOf(pid);
  const valueOf = (name: string): string =>
    environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const answer = () => {
    onAsked();
    return { healthy: true };
  };
  const peer = await dial(valueOf('SUPERBOT_ENDPOINT'), {
    methods: new Map([['link.health', answer]]),
    fallback: ({ method }) => {
      throw methodNotFound(method);
    },
    logInternalError: (_reference, error) => console.error(error),
    signal: AbortSignal.timeout(10_000),
  });
  const [module, token] = ['SUPERBOT_MODULE', 'SUPERBOT_LINK_TOKEN'].map(valueOf);
  await peer.call('link.hello', { module, token, methods: [] });
  return peer;
}

async function floorIn(home: string): Promise<{ percent: number; perSecond: number }> {
  const path = join(home, 'asking.sock');
  return withAskingServer(path, async (pid) => {
    let answered = 0;
    const sockets: Socket[] = [];
    for (let i = 0; i < count; i++) {
      const socket = connect(path);
      await once(socket, 'connect');
      socket.on('data', (chunk: Buffer) => {
        const { id } = JSON.parse(chunk.toString()) as { id: number };
        answered += 1;
        socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result: { healthy: true } })}\n`);
      });
      sockets.push(socket);
    }
    await delay(settleMs);
    const figure = await percentOf(pid, () => answered);
    for (const socket of sockets) socket.destroy();
    return figure;
  });
}

async function percentOf(pid: number, counted: () => number) {
  const before = { cpu: cpuMs(pid), count: counted() };
  await delay(watchedMs);
  const percent = (100 * (cpuMs(pid) - before.cpu)) / watchedMs;
  return { percent, perSecond: (counted() - before.count) / (watchedMs / 1000) };
}
