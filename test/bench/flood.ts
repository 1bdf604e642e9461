import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RpcClient } from '../../rpc/client.ts';
import { until } from '../support/until.ts';
import { type BenchDaemon, withDaemon } from './daemon.ts';
import { type Figure, percentile } from './measure.ts';
import { residentPeakBytes } from './processes.ts';
import { StalledFollower } from './stalled-follower.ts';

const lineCount = 2_000_000;
/** With its newline a hundred bytes. */
const text =
  'tick 2026-11-21T10:00:00.000Z BTC-USD bid 67123.45 ask 67123.46 size 0.0125 venue kraken seq 123456';
const flow = `yes '${text.slice(0, 99)}' | head -n ${lineCount}`;
const deadlineMs = 300_000;
const megabyte = 1024 * 1024;
/** Between two questions of somebody who looks at the modules meanwhile. */
const askEveryMs = 10;

interface Flood {
  readonly ms: number;
  readonly listMs: readonly number[];
  readonly peakMegabytes: number;
  /** Lines that a follower was neither sent nor told to have missed. */
  readonly concealed: number;
}

/** Two million lines at full speed, against `cat` into a file; alone, and with a follower that stalls. */
export async function flood(): Promise<Figure[]> {
  const alone = await flooded('alone');
  const followed = await flooded('followed');
  const floor = alone.catMs;
  const p99 = percentile([...alone.listMs, ...followed.listMs], 0.99);
  return [
    ratio('two million lines of 100 bytes / `cat > file`', alone.ms, floor, 25),
    ratio('… with a stalled follower', followed.ms, floor, 60),
    value('… peak memory of daemon and keeper, each', 'MB', alone.peakMegabytes, 100),
    value('… the same with a stalled follower', 'MB', followed.peakMegabytes, 100),
    value('… lines it was neither sent nor told of', 'lines', followed.concealed, 0),
    value('… 99th percentile of `module.list` meanwhile', 'ms', p99, 50),
  ];
}

function ratio(what: string, ms: number, floor: number, limit: number): Figure {
  return { what, unit: 'ms', value: ms, floor, target: { kind: 'ratio_max', limit } };
}

function value(what: string, unit: Figure['unit'], figure: number, limit: number): Figure {
  return { what, unit, value: figure, floor: null, target: { kind: 'value_max', limit } };
}

function flooded(how: 'alone' | 'followed'): Promise<Flood & { catMs: number }> {
  const restart = { policy: 'on_failure' };
  const flooder = { type: 'exec', command: ['sh', '-c', flow], ready: { after: '0s' }, restart };
  return withDaemon({ modules: { flooder } }, async (daemon) => {
    const catMs = await catenatedMs(join(daemon.home.path, 'cat'));
    const follower =
      how === 'followed' ? await StalledFollower.of(daemon.home.paths.socket, 'flooder') : null;
    const startedMs = performance.now();
    await daemon.client.call('module.start', { module: 'flooder' });
    const listMs = await askUntilStopped(daemon.client);
    const ms = performance.now() - startedMs;
    const seen = (await follower?.wakeUp(lineCount)) ?? lineCount;
    return {
      ms,
      listMs,
      catMs,
      peakMegabytes: peakMegabytesOf(daemon),
      concealed: lineCount - seen,
    };
  });
}

function peakMegabytesOf({ daemonPid, keeperPid }: BenchDaemon): number {
  return Math.max(residentPeakBytes(daemonPid), residentPeakBytes(keeperPid)) / megabyte;
}

/** Resolves when the module has done its work, with the time that each question took. */
async function askUntilStopped(client: RpcClient): Promise<number[]> {
  const listMs: number[] = [];
  await until(
    'the lines are written',
    async () => {
      await delay(askEveryMs);
      const askedMs = performance.now();
      const { modules } = await client.call('module.list');
      listMs.push(performance.now() - askedMs);
      return modules[0]?.state === 'stopped';
    },
    deadlineMs,
  );
  return listMs;
}

async function catenatedMs(path: string): Promise<number> {
  const startedMs = performance.now();
  const shell = spawn('sh', ['-c', `${flow} | cat > '${path}'`], { stdio: 'ignore' });
  await once(shell, 'exit');
  return performance.now() - startedMs;
}
