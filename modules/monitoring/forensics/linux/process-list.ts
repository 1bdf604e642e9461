import type { Clock } from '../../../api/clock.ts';
import { type KernelUnits, kernelUnits } from '../../kernel-units.ts';
import type { ProcessCounters } from '../../processes/counters.ts';
import { ownersIn } from '../../processes/owners.ts';
import { readTable } from '../../processes/table.ts';
import type { StoredSample } from '../../store.ts';
import { asJsonList, type Gathered } from '../source.ts';
import { textOf } from './read.ts';

/**
 * All processes, with what each has used since it began. Rates are in the ring. Neither arguments nor
 * environments: both hold passwords, and reading them waits for processes that hang.
 */
export async function gatherProcesses(
  folder: string,
  { ring, clock }: { readonly ring: readonly StoredSample[]; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Gathered> {
  const table = await readTable(folder, clock, null);
  if (table === null) throw new Error(`no process can be seen in ${folder}`);
  const modules = modulesIn(ring);
  const marked = (one: ProcessCounters): string | null => modules.get(keyOf(one)) ?? null;
  const moduleOf = ownersIn(table, { own: new Set(), marked });
  const units = kernelUnits();
  const processes: object[] = [];
  for (const one of table.values()) {
    const below = `${folder}/${one.pid}`;
    const group = one.isKernel ? null : await textOf(`${below}/cgroup`, signal);
    processes.push({
      ...figuresOf(one, units),
      module: moduleOf(one),
      // Of the others it says nothing: they sleep where they may.
      waitsIn: one.state === 'D' ? await textOf(`${below}/wchan`, signal) : null,
      controlGroup: /^0::(.*)$/m.exec(group ?? '')?.[1] ?? null,
    });
  }
  const note = 'its time was up: control groups and what is waited for are not there for all';
  return {
    data: await asJsonList('processes', processes),
    note: signal.aborted ? note : null,
  };
}

function figuresOf(one: ProcessCounters, { tickMs, pageBytes }: KernelUnits): object {
  const { pid, parentPid, startTicks, name, state, threads, majorFaults } = one;
  return {
    ...{ pid, parentPid, startTicks, name, state, isKernel: one.isKernel, threads, majorFaults },
    cpuSeconds: (one.ownTicks * tickMs) / 1000,
    memoryBytes: one.residentPages * pageBytes,
    runDelaySeconds: one.waiting === null ? null : one.waiting.delayNs / 1e9,
    readBytes: one.io?.readBytes ?? null,
    writtenBytes: one.io?.writtenBytes ?? null,
  };
}

function modulesIn(ring: readonly StoredSample[]): ReadonlyMap<string, string> {
  const all = ring.flatMap(({ processes }) => processes);
  return new Map(all.flatMap((one) => (one.module === null ? [] : [[keyOf(one), one.module]])));
}

function keyOf({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): string {
  return `${pid} ${startTicks}`;
}
