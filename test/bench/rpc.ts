import { join } from 'node:path';
import { callsPerSecond } from './call-rate.ts';
import { allRunning, type BenchDaemon, sleepers, withDaemon } from './daemon.ts';
import { withEchoServer } from './floors.ts';
import { compare, type Figure, type Target } from './measure.ts';

const rounds = 11;
const modulesMany = 100;
const pipelined = 64;

/** What one connection can ask of the daemon, against an echo that only parses and stringifies. */
export async function rpc(): Promise<Figure[]> {
  const figures = await withDaemon({}, async (daemon) => [
    await rates(daemon, 'daemon.status', 1, { kind: 'ratio_min', limit: 0.6 }),
    await rates(daemon, 'daemon.status', pipelined, { kind: 'ratio_min', limit: 0.2 }),
  ]);
  const { modules, names: autostart } = sleepers(modulesMany);
  const list = await withDaemon({ modules, autostart }, async (daemon) => {
    await allRunning(daemon.client);
    return rates(daemon, 'module.list', 1, { kind: 'ratio_max', limit: 3 });
  });
  return [...figures, toDuration(list)];
}

async function rates(
  { home, client }: BenchDaemon,
  method: 'daemon.status' | 'module.list',
  inFlight: number,
  target: Target,
): Promise<Figure> {
  const result = await client.call(method);
  const echoSocket = join(home.path, `echo-${inFlight}.sock`);
  const measured = await withEchoServer(echoSocket, result, () =>
    compare(
      rounds,
      () => callsPerSecond(home.paths.socket, { method }, inFlight),
      () => callsPerSecond(echoSocket, { method }, inFlight),
    ),
  );
  const how = inFlight === 1 ? 'one call at a time' : `${inFlight} pipelined`;
  return { what: `\`${method}\`, ${how} / echo`, unit: 'calls/s', ...measured, target };
}

function toDuration({ value, floor, target }: Figure): Figure {
  const what = `\`module.list\` of ${modulesMany} modules / echo of the same bytes`;
  const floorMs = floor === null ? null : 1000 / floor;
  return { what, unit: 'ms', value: 1000 / value, floor: floorMs, target };
}
