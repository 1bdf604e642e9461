import type { Gathered } from '../source.ts';
import { parseProcessStat } from '../../processes/counters.ts';
import { namesIn, readFrom, textOf } from './read.ts';

/** Of threads with their stacks; a fork bomb is not listed to its end. */
const threadsMax = 1000;

/**
 * Where in the kernel each thread is that waits for a device (state `D`), or runs: proc_pid_stack(5),
 * proc_pid_syscall(5). The kernel shows stacks to root alone.
 */
export async function gatherStacks(folder: string, signal: AbortSignal): Promise<Gathered> {
  const parts: string[] = [];
  let looked = 0;
  let refused = 0;
  for (const pid of (await namesIn(folder, signal)).filter(isNumber)) {
    for (const thread of await namesIn(`${folder}/${pid}/task`, signal)) {
      if (signal.aborted || parts.length === threadsMax) break;
      const place = `${folder}/${pid}/task/${thread}`;
      const stat = parseProcessStat((await textOf(`${place}/stat`, signal)) ?? '');
      looked += 1;
      if (stat?.state !== 'D' && stat?.state !== 'R') continue;
      const stack = await readFrom(`${place}/stack`, signal);
      if (stack.kind === 'refused') refused += 1;
      const heading = `${stat.state} ${stat.name} (process ${pid}, thread ${thread})`;
      parts.push(`${heading}\n${await placeOf(place, signal)}${stackOf(stack)}`);
    }
  }
  if (looked === 0) signal.throwIfAborted();
  if (looked === 0) throw new Error(`no thread can be seen in ${folder}`);
  const count = `${looked} threads, ${parts.length} of them blocked (D) or running (R)`;
  const notes = [
    ...(signal.aborted ? [`its time was up after ${looked} threads`] : []),
    ...(parts.length === threadsMax ? ['there are more'] : []),
    ...(refused > 0 ? [`${refused} stacks are shown to root alone`] : []),
  ];
  return { data: [count, ...parts].join('\n\n'), note: notes.join('; ') || null };
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

async function placeOf(place: string, signal: AbortSignal): Promise<string> {
  const wchan = await textOf(`${place}/wchan`, signal);
  const syscall = await textOf(`${place}/syscall`, signal);
  return [
    ...(wchan === null || wchan === '0' ? [] : [`  waits in ${wchan}\n`]),
    ...(syscall === null ? [] : [`  system call ${syscall.trim()}\n`]),
  ].join('');
}

function stackOf(stack: Awaited<ReturnType<typeof readFrom>>): string {
  if (stack.kind !== 'text') return `  (its stack: ${stack.kind})`;
  return stack.text.trimEnd().replaceAll(/^/gm, '  ');
}
