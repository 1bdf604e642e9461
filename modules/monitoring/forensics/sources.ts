import { join } from 'node:path';
import type { Clock } from '../../api/clock.ts';
import { gatherGroupPressure } from './linux/group-pressure.ts';
import { gatherKernelLog } from './linux/kernel-log.ts';
import { gatherKernelText } from './linux/kernel-text.ts';
import { gatherProcesses } from './linux/process-list.ts';
import { gatherStacks } from './linux/stacks.ts';
import { gatherJournal } from './linux/system-journal.ts';
import type { Environment } from './program.ts';
import type { CaptureRequest } from './request.ts';
import { asJson, asJsonList, type Source } from './source.ts';
import { gatherTrace } from './trace.ts';

export interface Places {
  /** Default: this one. */
  readonly platform?: NodeJS.Platform;
  /** Where `proc`, `sys` and `dev` are. Default: `/`. */
  readonly root?: string;
  /** Of the programs that are run. Default: that of this process. */
  readonly environment?: Environment;
}

/** Journals are long; what the kernel says is rare, and comes some time before it hurts. */
const journalWindowMs = 60_000;
const kernelWindowMs = 600_000;

/**
 * All that this host has, in the order in which it is written: what cannot be had a second time first,
 * since a host in this state may not last.
 */
export function sourcesOfThisHost(clock: Clock, places: Places = {}): readonly Source[] {
  const { platform = process.platform, root = '/', environment = null } = places;
  const proc = join(root, 'proc');
  const window = ({ metadata }: CaptureRequest, beforeMs: number) => ({
    sinceMs: metadata.atMs - beforeMs,
    nowMs: clock.now(),
  });
  const ours: readonly Source[] = [
    source('ring.json', 5000, async ({ ring }) => ({
      data: await asJsonList('ring', ring),
      note: null,
    })),
    source('culprits.json', 5000, ({ culprits }) => Promise.resolve(asJson({ culprits }))),
    source('daemon.json', 5000, async ({ state }, signal) =>
      asJson({ state: await state(signal) }),
    ),
  ];
  if (platform !== 'linux') return ours;
  return [
    ...ours,
    source('pressure.json', 5000, (_, signal) => gatherGroupPressure(root, signal)),
    source('kernel.txt', 5000, (_, signal) => gatherKernelText(root, signal)),
    source('processes.json', 10_000, ({ ring }, signal) =>
      gatherProcesses(proc, { ring, clock }, signal),
    ),
    source('kernel.log', 10_000, (request, signal) =>
      gatherKernelLog(join(root, 'dev/kmsg'), window(request, kernelWindowMs), signal),
    ),
    source('system.log', 10_000, (request, signal) =>
      gatherJournal(environment, window(request, journalWindowMs), signal),
    ),
    source('trace.perf', 10_000, (_, signal) => gatherTrace(environment, signal)),
    source('stacks.txt', 30_000, (_, signal) => gatherStacks(proc, signal)),
  ];
}

function source(file: string, deadlineMs: number, gather: Source['gather']): Source {
  return { file, deadlineMs, gather };
}
