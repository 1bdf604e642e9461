// Samples for tests: of a host of which nothing is known, and what a test knows of it.
import { sampleBetween } from '../../../modules/monitoring/host/between.ts';
import type { HostSample } from '../../../modules/monitoring/sample.ts';
import { lookAt } from './host/looks.ts';

const unknown = sampleBetween(null, lookAt(0));

export type Facts = { readonly [Part in keyof HostSample]?: Partial<HostSample[Part]> };

export function sampleOf({ cpu, memory, thermal, pressure, container }: Facts): HostSample {
  const limits = { quotaCores: null, throttledPercent: null, memoryBytes: null };
  const { memoryMaxBytes, oomKills } = { memoryMaxBytes: null, oomKills: null };
  return {
    ...unknown,
    cpu: { ...unknown.cpu, ...cpu },
    memory: { ...unknown.memory, ...memory },
    thermal: { ...unknown.thermal, ...thermal },
    pressure: { ...unknown.pressure, ...pressure },
    container: container ? { ...limits, memoryMaxBytes, oomKills, ...container } : null,
  };
}
