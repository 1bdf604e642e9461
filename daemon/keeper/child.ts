/** One child in custody: its launch's record, and what became of it. */
import type { System } from '../system.ts';
import type { ModuleOutput } from './output/module-output.ts';
import type { ChildReport, ExitReport, Survivor } from './protocol.ts';
import type { LaunchRecord } from './record.ts';
import type { TreeRoot } from './tree.ts';

export interface Child {
  record: LaunchRecord;
  /**
   * The launched process while its pid, group and session are surely its own: until its tree is
   * gone. Afterwards, or when it ended unseen, these numbers may be somebody else's.
   */
  process: TreeRoot['process'];
  /** Settles when the tree is gone after its end; null while it lives. */
  cleaned: Promise<Survivor[]> | null;
  /** The daemon knows of its end. */
  forgotten: boolean;
  /** Called when its end is recorded. */
  readonly onEnded: (() => void)[];
}

export function newChild(record: LaunchRecord, process: Child['process']): Child {
  return { record, process, cleaned: null, forgotten: false, onEnded: [] };
}

export function toReport(record: LaunchRecord): ChildReport {
  const { name, launch, identity, startedAt, startedMonotonicMs, note, exit } = record;
  return { name, launch, identity, startedAt, startedMonotonicMs, note, exit };
}

/** @param output what it printed is taken */
export function reportExit(
  { startedMonotonicMs }: LaunchRecord,
  how: Pick<ExitReport, 'code' | 'signal' | 'reason'>,
  output: Pick<ModuleOutput, 'recent' | 'seq'>,
  system: System,
): ExitReport {
  return {
    ...how,
    at: new Date(system.now()).toISOString(),
    uptimeMs: Math.max(0, system.monotonicMs() - startedMonotonicMs),
    output: output.recent,
    seq: output.seq,
  };
}
