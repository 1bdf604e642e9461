/**
 * Whether daemon and keeper grow: a hundred crashes and ten megabytes of logs a minute, for as long
 * as is asked. Judged is what is left after a collection each minute: private memory as it stands goes
 * up with garbage that nobody keeps, for as long as V8 puts off its collection.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { privateBytes } from '../bench/processes.ts';
import { TestHome } from '../support/superbot.ts';
import { collected, startCollectable } from './collected.ts';

const minuteMs = 60_000;
const megabyte = 1024 * 1024;
/** MB per 10 minutes, over the last two thirds of the time. */
const privateSlopeMax = 1;
/** The same of the heap, which no fragments blur: some 200 bytes for each crash. */
const heapSlopeMax = 0.2;

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
  /** As it stands. */
  readonly uncollected: number;
  readonly private: number;
  readonly heap: number;
}

export interface LeakReport {
  readonly text: string;
  readonly isLeaking: boolean;
}

export async function watchMemory(minutes: number): Promise<LeakReport> {
  const home = new TestHome({ modules, autostart: Object.keys(modules) });
  try {
    const pids = await startCollectable(home);
    const samples = { daemon: [] as Sample[], keeper: [] as Sample[] };
    const startedMs = performance.now();
    const minute = (): number => (performance.now() - startedMs) / minuteMs;
    while (minute() < minutes) {
      await delay(minuteMs);
      for (const who of ['daemon', 'keeper'] as const) {
        const sample = { minute: minute(), ...(await sampleOf(home, pids[who])) };
        samples[who].push(sample);
        console.error(`${sample.minute.toFixed(0)} min: ${who} ${describeSample(sample)}`);
      }
    }
    const crashes = (await home.module('crasher')).restart_count;
    const rows = [reportOf('daemon', samples.daemon), reportOf('keeper', samples.keeper)];
    const rate = `${minute().toFixed(1)} minutes, ${(crashes / minute()).toFixed(0)} crashes a minute`;
    return {
      text: [rate, ...rows.map(({ text }) => text)].join('\n'),
      isLeaking: rows.some(({ isLeaking }) => isLeaking),
    };
  } finally {
    await home.dispose();
  }
}

async function sampleOf(home: TestHome, pid: number): Promise<Omit<Sample, 'minute'>> {
  const uncollected = privateBytes(pid) / megabyte;
  const { heapBytes, privateBytes: left } = await collected(home, pid);
  return { uncollected, private: left / megabyte, heap: heapBytes / megabyte };
}

function describeSample({ uncollected, private: left, heap }: Sample): string {
  const sizes = `${left.toFixed(1)} MB, of it ${heap.toFixed(2)} MB of heap in use`;
  return `${uncollected.toFixed(1)} MB, after a collection ${sizes}`;
}

function reportOf(who: string, samples: readonly Sample[]): LeakReport {
  const last = samples.slice(Math.ceil(samples.length / 3));
  const slope = (of: 'private' | 'heap'): number =>
    10 * slopeOf(last.map((sample) => [sample.minute, sample[of]]));
  const [memory, heap] = [slope('private'), slope('heap')];
  const slopes = `${memory.toFixed(2)} MB per 10 minutes, its heap ${heap.toFixed(3)} MB`;
  return {
    text: `${who}: after a collection ${slopes}`,
    isLeaking: memory > privateSlopeMax || heap > heapSlopeMax,
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
