/**
 * Whether daemon and keeper grow: a hundred crashes and ten megabytes of logs a minute, for as long
 * as is asked. Looked at is how private memory slopes over the last two thirds of the time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { privateBytes } from '../bench/processes.ts';
import { TestHome } from '../support/superbot.ts';

const sampleMs = 5000;
/** One line a minute for who watches: memory goes up and down as garbage is collected. */
const samplesPerLine = 12;
const megabyte = 1024 * 1024;
/** MB per 10 minutes. */
const slopeMax = 1;

const text = 'x'.repeat(99);
/** A crash each 600 ms, and 170 KB of log each second. */
const modules = {
  crasher: {
    type: 'exec',
    command: ['sh', '-c', 'exit 1'],
    ready: { after: '0s' },
    restart: { base_delay: '580ms', max_delay: '580ms', jitter: 0, max_restarts: 1_000_000 },
  },
  chatterer: {
    type: 'exec',
    command: ['sh', '-c', `while :; do yes ${text} | head -n 1750; sleep 1; done`],
    ready: { after: '0s' },
  },
};

interface Sample {
  readonly minute: number;
  readonly daemonMegabytes: number;
  readonly keeperMegabytes: number;
}

export interface LeakReport {
  readonly text: string;
  readonly isLeaking: boolean;
}

export async function watchMemory(minutes: number): Promise<LeakReport> {
  const home = new TestHome({ modules, autostart: Object.keys(modules) });
  try {
    const daemonPid = await home.start();
    const keeperPid = readKeeperIdentity(home.path)?.pid ?? 0;
    const samples: Sample[] = [];
    const startedMs = performance.now();
    const minute = (): number => (performance.now() - startedMs) / 60_000;
    while (minute() < minutes) {
      await delay(sampleMs);
      const sample = {
        minute: minute(),
        daemonMegabytes: privateBytes(daemonPid) / megabyte,
        keeperMegabytes: privateBytes(keeperPid) / megabyte,
      };
      samples.push(sample);
      if (samples.length % samplesPerLine === 0) console.error(describeSample(sample));
    }
    const crashes = (await home.module('crasher')).restart_count;
    return report(samples, crashes);
  } finally {
    await home.dispose();
  }
}

function describeSample({ minute, daemonMegabytes, keeperMegabytes }: Sample): string {
  const sizes = `daemon ${daemonMegabytes.toFixed(1)} MB, keeper ${keeperMegabytes.toFixed(1)} MB`;
  return `${minute.toFixed(0)} min: ${sizes}`;
}

function report(samples: readonly Sample[], crashes: number): LeakReport {
  const last = samples.slice(Math.ceil(samples.length / 3));
  const minutes = samples.at(-1)?.minute ?? 0;
  const rows = (['daemonMegabytes', 'keeperMegabytes'] as const).map((which) => {
    const slope = 10 * slopeOf(last.map((sample) => [sample.minute, sample[which]]));
    const [first = 0, end = 0] = [samples[0]?.[which], samples.at(-1)?.[which]];
    const who = which === 'daemonMegabytes' ? 'daemon' : 'keeper';
    const sizes = `${first.toFixed(1)} MB at first, ${end.toFixed(1)} MB at the end`;
    return { slope, text: `${who}: ${sizes}, ${slope.toFixed(2)} MB per 10 minutes` };
  });
  return {
    isLeaking: rows.some(({ slope }) => slope > slopeMax),
    text: [
      `${minutes.toFixed(1)} minutes, ${(crashes / minutes).toFixed(0)} crashes a minute`,
      ...rows.map(({ text }) => text),
    ].join('\n'),
  };
}

/** Of the line that fits best (least squares). */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let over = 0;
  let under = 0;
  for (const [x, y] of points) {
    over += (x - meanX) * (y - meanY);
    under += (x - meanX) ** 2;
  }
  return over / under;
}
