// Looks for tests: a machine of which nothing is known, and what a test knows of it.
import type { HostLook } from '../../../../modules/monitoring/host/look.ts';
import { unknownHost } from '../../../../modules/monitoring/host/unknown-host.ts';

/** @param atMs since boot, by each clock */
export function lookAt(atMs: number, known: Partial<HostLook> = {}): HostLook {
  const { cpu, ...unknown } = unknownHost.look();
  return {
    ...unknown,
    clocks: { wallMs: atMs, monotonicMs: atMs, bootMs: atMs, stealMs: null, cpuTimeMs: null },
    cpu: { ...cpu, onlineCores: 2 },
    ...known,
  };
}
