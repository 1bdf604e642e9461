import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openHost } from '../../modules/monitoring/host/host.ts';
import { ProcessWatch } from '../../modules/monitoring/processes/watch.ts';
import type { Figure } from './measure.ts';
import { stressAgreement } from './stress-agreement.ts';

const processCount = 300;
const rounds = 30;
const intervalMs = 1000;
/** Of each kind, before what counts: code that is met for the first time is compiled. */
const warmUps = 3;

/** What the monitoring module costs the host that it watches, and whether it tells what others tell. */
export async function stress(): Promise<Figure[]> {
  const script = `for i in $(seq ${processCount}); do sleep 1000 & done; echo ready; wait`;
  const parent = spawn('sh', ['-c', script], { detached: true });
  try {
    await once(parent.stdout, 'data');
    return [...(await costs()), ...(await stressAgreement())];
  } finally {
    process.kill(-(parent.pid ?? 0), 'SIGKILL');
  }
}

/** As the module does it, once a second: in a loop without a pause every cache would be warm. */
async function costs(): Promise<Figure[]> {
  const host = openHost({ tell: (message) => console.error(message) });
  const watch = new ProcessWatch({ home: null, suspects: [] });
  let before = host.look();
  const spent = { sampleMs: 0, attributionMs: 0 };
  for (let round = 1 - warmUps; round <= rounds; round++) {
    await delay(intervalMs);
    const sampleMs = await cpuMs(() => {
      const now = host.look();
      host.sampleBetween(before, now);
      before = now;
    });
    const attributionMs = await cpuMs(() => watch.look());
    if (round < 1) continue;
    spent.sampleMs += sampleMs;
    spent.attributionMs += attributionMs;
  }
  const share = (ms: number): number => (ms / (rounds * intervalMs)) * 100;
  return [
    {
      ...{ what: 'stress: sample of the system at 1 Hz', unit: '% of a core' },
      ...{ value: share(spent.sampleMs), floor: null, target: { kind: 'value_max', limit: 0.3 } },
    },
    {
      ...{
        what: `stress: attribution over ${processCount} processes at 1 Hz`,
        unit: '% of a core',
      },
      ...{
        value: share(spent.attributionMs),
        floor: null,
        target: { kind: 'value_max', limit: 3 },
      },
    },
  ];
}

/** Time on a processor, of all threads. */
async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
