/**
 * Whether the processes of running modules are what they should be. The keeper tells of every end by
 * itself; this finds what it could not tell, and what is no end at all. Pure.
 */
import type { ProcessIdentity, ProcessInfo } from '../processes.ts';

export interface ExpectedProcess {
  readonly name: string;
  readonly launch: string;
  readonly identity: ProcessIdentity;
}

export type Trouble =
  /** Ended, and nobody has said so. */
  | 'gone'
  /** Ended, and nobody has reaped it. */
  | 'zombie'
  /** By a signal: it lives, and does nothing. */
  | 'stopped';

export interface Finding {
  readonly name: string;
  readonly launch: string;
  readonly trouble: Trouble;
}

/** @param table one look at all processes of the machine */
export function findTroubles(
  expected: readonly ExpectedProcess[],
  table: ReadonlyMap<number, ProcessInfo>,
): Finding[] {
  return expected.flatMap(({ name, launch, identity }) => {
    const trouble = troubleOf(identity, table.get(identity.pid));
    return trouble === null ? [] : [{ name, launch, trouble }];
  });
}

function troubleOf(
  { startTime }: ProcessIdentity,
  process: ProcessInfo | undefined,
): Trouble | null {
  // Another process with its pid: it has been reaped, so it is gone.
  if (process?.startTime !== startTime) return 'gone';
  if (process.zombie) return 'zombie';
  return process.stopped ? 'stopped' : null;
}
