/** Processes of one name, in one module, are one program. Pure. */
import type { ProcessShare } from '../sample.ts';

/** The heaviest first. */
export type Program = readonly [ProcessShare, ...ProcessShare[]];

/** Those of whom a process has a part in something, each with those processes. */
export function programsIn(
  processes: readonly ProcessShare[],
  amountOf: (share: ProcessShare) => number,
): Program[] {
  const programs = new Map<string, [ProcessShare, ...ProcessShare[]]>();
  const heaviestFirst = processes
    .filter((share) => amountOf(share) > 0)
    .sort((a, b) => amountOf(b) - amountOf(a));
  for (const share of heaviestFirst) {
    const program = programs.get(programOf(share));
    if (program) program.push(share);
    else programs.set(programOf(share), [share]);
  }
  return [...programs.values()];
}

/** What runs in several modules is accused in each of them. */
export function programOf({ name, module }: ProcessShare): string {
  return `${module ?? ''}\0${name}`;
}

export function bytesPerSecond({
  readBytesPerSecond,
  writtenBytesPerSecond,
}: ProcessShare): number {
  return (readBytesPerSecond ?? 0) + (writtenBytesPerSecond ?? 0);
}
