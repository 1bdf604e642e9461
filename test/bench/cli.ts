import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { programs } from '../support/programs.ts';
import { withDaemon } from './daemon.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 31;
/** Newer ones start in half the time, so that what a program adds weighs more. */
const limit = Number(process.versions.node.split('.')[0]) < 22 ? 1.4 : 1.5;

/** What a person waits for: a command typed at the shell, against Node doing nothing. */
export function cli(): Promise<Figure[]> {
  return withDaemon({}, async ({ home }) => {
    const measured = await compare(
      rounds,
      () => wallMs([programs.cli, 'daemon', 'status'], home.env),
      () => wallMs(['-e', '0'], home.env),
    );
    const target = { kind: 'ratio_max', limit } as const;
    return [
      { what: '`superbot-cli daemon status` / `node -e 0`', unit: 'ms', ...measured, target },
    ];
  });
}

/** From the spawn to the exit of a Node program that must succeed. */
export async function wallMs(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { env: { ...env }, stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`node ${args.join(' ')} exits ${status ?? 'by a signal'}`);
  return performance.now() - startedMs;
}
