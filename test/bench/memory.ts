import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { allRunning, type BenchDaemon, sleepers, withDaemon } from './daemon.ts';
import type { Figure } from './measure.ts';
import { privateBytes } from './processes.ts';

const settleMs = 60_000;
const lineCount = 2_000_000;
const lineDeadlineMs = 300_000;
const megabyte = 1024 * 1024;

/** Private memory of daemon and keeper together, each time after a minute of rest. */
export async function memory(): Promise<Figure[]> {
  const { fresh, afterLines } = await withDaemon(chatterer(), async (daemon) => {
    const fresh = await settledBytes(daemon);
    await daemon.client.call('module.start', { module: 'chatterer' });
    await until(
      'the lines are written',
      async () => {
        const { state } = await daemon.client.call('module.status', { module: 'chatterer' });
        return state === 'stopped';
      },
      lineDeadlineMs,
    );
    return { fresh, afterLines: await settledBytes(daemon) };
  });
  // Above one module, so that code which the first launch compiles is not counted as a module's.
  const withOne = await bytesWith(1);
  const perModule = async (count: number): Promise<number> =>
    ((await bytesWith(count)) - withOne) / (count - 1);
  return [
    inMegabytes('memory of daemon and keeper, at rest', fresh),
    inMegabytes('… and after two million log lines', afterLines),
    inKilobytes('memory for each of 100 modules', await perModule(100)),
    inKilobytes('memory for each of 300 modules', await perModule(300)),
  ];
}

function bytesWith(count: number): Promise<number> {
  const { modules, names: autostart } = sleepers(count);
  return withDaemon({ modules, autostart }, async (daemon) => {
    await allRunning(daemon.client);
    return settledBytes(daemon);
  });
}

async function settledBytes({ daemonPid, keeperPid }: BenchDaemon): Promise<number> {
  await delay(settleMs);
  return privateBytes(daemonPid) + privateBytes(keeperPid);
}

/** Prints as fast as its pipe takes it, then ends. */
function chatterer(): object {
  const line = 'tick 2026-11-21T10:00:00Z BTC-USD bid 67123.45 ask 67123.46 size 0.0125';
  const command = ['sh', '-c', `yes "${line}" | head -n ${lineCount}`];
  const module = {
    type: 'exec',
    command,
    ready: { after: '0s' },
    restart: { policy: 'on_failure' },
  };
  return { modules: { chatterer: module } };
}

function inMegabytes(what: string, bytes: number): Figure {
  const target = { kind: 'value_max', limit: 36 } as const;
  return { what, unit: 'MB', value: bytes / megabyte, floor: null, target };
}

function inKilobytes(what: string, bytes: number): Figure {
  const target = { kind: 'value_max', limit: 60 } as const;
  return { what, unit: 'KB', value: bytes / 1024, floor: null, target };
}
