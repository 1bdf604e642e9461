import { type Environment, runProgram } from '../program.ts';
import type { Gathered } from '../source.ts';

const linesMax = 5000;
const bytesMax = 4 * 1024 * 1024;

/** What services and, where the user may know, the kernel have written to the journal of the window. */
export async function gatherJournal(
  environment: Environment | null,
  window: { readonly sinceMs: number; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Gathered> {
  const at = (ms: number): string => `@${Math.floor(ms / 1000)}`;
  const argv = [
    ...(['journalctl', '--no-pager', '--output=short-iso-precise'] as const),
    ...['--since', at(window.sinceMs), '--until', at(window.nowMs + 1000), `--lines=${linesMax}`],
  ] as const;
  const { stdout, stderr, isCut } = await runProgram({ argv, environment, bytesMax }, signal);
  const notes = [...(isCut ? [`cut after ${bytesMax} bytes`] : []), ...lines(stderr)];
  return { data: stdout, note: notes.join('; ') || null };
}

/** Such as that messages of other users are not shown. */
function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}
