import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { snapshotProcesses } from '../../daemon/processes.ts';
import { LinuxPlatform } from '../../daemon/resources/linux.ts';
import type { RunningModule } from '../../daemon/resources/trees.ts';
import { compare, type Figure } from './measure.ts';

const count = 100;
const rounds = 20;

/** What a look at a hundred modules costs this process. */
export async function resources(): Promise<Figure[]> {
  // In the place of the keeper, so that they are not taken for the daemon's own.
  const script = `for i in $(seq ${count}); do sleep 1000 & done; echo ready; wait`;
  const parent = spawn('sh', ['-c', script], { detached: true });
  try {
    await once(parent.stdout, 'data');
    return await measure(parent.pid ?? 0);
  } finally {
    process.kill(-(parent.pid ?? 0), 'SIGKILL');
  }
}

async function measure(keeperPid: number): Promise<Figure[]> {
  const modules = [...snapshotProcesses().values()]
    .filter(({ parentPid }) => parentPid === keeperPid)
    .map(({ pid, startTime }, index): RunningModule => ({ name: `m${index}`, pid, startTime }));
  const platform = new LinuxPlatform({ home: tmpdir(), keepers: () => [keeperPid] });
  const look = (withMemory: boolean) => () =>
    cpuMs(() => platform.look({ modules, wantsMemory: () => withMemory }));
  const slow = await compare(rounds, look(false), () => cpuMs(readAll));
  const full = await compare(rounds, look(true), () => cpuMs(readAll));
  return [
    {
      ...{ what: `look at ${count} modules / reading /proc`, unit: 'ms' },
      ...{ value: slow.value, floor: slow.floor, target: { kind: 'ratio_max', limit: 4 } },
    },
    {
      ...{ what: `… with the memory of each`, unit: 'ms' },
      ...{ value: full.value, floor: full.floor, target: { kind: 'ratio_max', limit: 8 } },
    },
  ];
}

/** Time on a processor. */
async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least that anybody has to do who wants to know about every process. */
function readAll(): Promise<void> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch (error) {
      // It has ended since it was listed.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return Promise.resolve();
}
