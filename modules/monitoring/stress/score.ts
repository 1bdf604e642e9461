/**
 * The stress of one sample, part by part. Load, memory, thermal, latency and I/O are the formula that
 * this product is specified by; pressure and steal say what those do not see: tasks that wait although
 * the averages are calm, and a machine that gets less processor than it asks for.
 */
import type { CpuSample, HostSample, Pressure } from '../sample.ts';
import { calm, type Stress, type StressPart, stressParts } from '../stress.ts';
import type { IoSpike } from './io-baseline.ts';

export interface ScoreContext {
  /** How long the interval was, against what it should have been; 1 when nothing is known. */
  readonly latencyRatio: number;
  /** Null when reading and writing is as usual, or not known. */
  readonly ioSpike: IoSpike | null;
}

/** At most so many points for each, and 100 for all. All but `thermal` and `io` can elevate alone. */
export const partCaps: Readonly<Record<StressPart, number>> = {
  load: 40,
  memory: 30,
  thermal: 20,
  latency: 30,
  io: 20,
  pressure: 30,
  steal: 30,
};

const totalMax = 100;

/** What the host does not tell counts nothing. */
export function scoreStress(sample: HostSample, { latencyRatio, ioSpike }: ScoreContext): Stress {
  const found: Readonly<Record<StressPart, Finding>> = {
    load: load(sample.cpu),
    memory: memory(sample.memory.availablePercent),
    thermal: sample.thermal.isThrottled === true ? slowedDown : nothing,
    latency: latency(latencyRatio),
    io: ioSpike === null ? nothing : spike(ioSpike),
    pressure: pressure(sample.pressure),
    steal: withheld(sample),
  };
  const parts = { ...calm.parts };
  for (const part of stressParts) parts[part] = pointsOf(found[part].weight, partCaps[part]);
  const sum = stressParts.reduce((points, part) => points + parts[part], 0);
  const reasons = stressParts
    .filter((part) => parts[part] > 0)
    .sort((a, b) => parts[b] - parts[a])
    .map((part) => `${found[part].what}: ${parts[part]} of ${partCaps[part]}`);
  return { total: Math.min(sum, totalMax), parts, reasons };
}

interface Finding {
  /** Points before they are cut to whole ones and to the cap; below 0 is none. */
  readonly weight: number;
  readonly what: string;
}

const nothing: Finding = { weight: 0, what: '' };
const slowedDown: Finding = { weight: partCaps.thermal, what: 'the processor is slowed by heat' };

/** By the cores of the machine, since the load is of the machine, inside of a container too. */
function load({ load1, onlineCores }: CpuSample): Finding {
  if (load1 === null) return nothing;
  const cores = `${onlineCores} ${onlineCores === 1 ? 'core' : 'cores'}`;
  return { weight: (load1 / onlineCores - 1) * 20, what: `load ${load1.toFixed(1)} on ${cores}` };
}

function memory(availablePercent: number | null): Finding {
  if (availablePercent === null) return nothing;
  const what = `only ${availablePercent.toFixed(1)} % of the memory is available`;
  return { weight: (20 - availablePercent) * 1.5, what };
}

function latency(ratio: number): Finding {
  const what = `the sample took ${ratio.toFixed(1)} times as long as it should`;
  return { weight: ratio > 1.5 ? (ratio - 1) * 20 : 0, what };
}

function spike({ bytesPerSecond, usualBytesPerSecond }: IoSpike): Finding {
  const what = `disks at ${megabytes(bytesPerSecond)} MB/s, usual are ${megabytes(usualBytesPerSecond)}`;
  return { weight: partCaps.io, what };
}

/**
 * The worst of the three. `full` for memory and disks is time in which nobody got on; the processor
 * has none, and that some task waits for it is nothing unusual before it is most of the time.
 */
function pressure({ cpu, memory, io }: HostSample['pressure']): Finding {
  return worst([
    fromPercent(fullPercent(memory), 5, 1, 'all tasks waited for memory'),
    fromPercent(fullPercent(io), 20, 0.5, 'all tasks waited for disks'),
    fromPercent(cpu && (cpu.somePercent ?? cpu.some10), 50, 0.2, 'some task waited for a core'),
  ]);
}

function fullPercent(pressure: Pressure | null): number | null {
  return pressure && (pressure.fullPercent ?? pressure.full10);
}

/** By the hypervisor, for other machines, or by the quota of our own container. */
function withheld({ cpu, container }: HostSample): Finding {
  const throttled = container?.throttledPercent ?? null;
  return worst([
    fromPercent(cpu.stealPercent, 5, 1, 'the hypervisor gave our cores to others'),
    fromPercent(throttled, 5, 0.5, "the container's quota of processor time was used up"),
  ]);
}

function fromPercent(
  percent: number | null,
  from: number,
  pointsPerPercent: number,
  what: string,
): Finding {
  if (percent === null) return nothing;
  const weight = (percent - from) * pointsPerPercent;
  return { weight, what: `${what} ${percent.toFixed(0)} % of the time` };
}

function worst(findings: readonly Finding[]): Finding {
  return findings.reduce((worse, finding) => (finding.weight > worse.weight ? finding : worse));
}

function pointsOf(weight: number, cap: number): number {
  return Number.isNaN(weight) ? 0 : Math.min(cap, Math.max(0, Math.trunc(weight)));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
