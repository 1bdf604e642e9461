import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { allRunning, sleepers, withDaemon } from './daemon.ts';
import { withBareParent } from './floors.ts';
import { compare, type Figure } from './measure.ts';

const rounds = 41;
const deadlineMs = 5000;

/** From the SIGKILL of a child to its successor, as the process table shows it. */
export function respawn(): Promise<Figure[]> {
  const { modules, names: autostart } = sleepers(1);
  return withDaemon({ modules, autostart }, ({ client }) =>
    withBareParent(async (parent) => {
      await parent.order({ order: 'start', count: 1, respawn: true });
      await allRunning(client);
      const measured = await compare(
        rounds,
        () => absenceMs('m0'),
        () => absenceMs('bare0'),
      );
      const target = { kind: 'ratio_max', limit: 4 } as const;
      return [{ what: 'killed module back / respawn on `exit`', unit: 'ms', ...measured, target }];
    }),
  );
}

async function absenceMs(name: string): Promise<number> {
  const before = pids();
  const victim = before.find((pid) => launchOf(pid) === name);
  if (victim === undefined) throw new Error(`"${name}" does not run`);
  const known = new Set(before);
  const killedMs = performance.now();
  process.kill(victim, 'SIGKILL');
  while (performance.now() - killedMs < deadlineMs) {
    // Without a pause, since the wait is what is measured; only at new processes, to be quick.
    const successor = pids().find((pid) => !known.has(pid) && launchOf(pid) === name);
    if (successor !== undefined) return performance.now() - killedMs;
    await nextTurn();
  }
  throw new Error(`"${name}" did not come back within ${deadlineMs} ms`);
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** The module that a process was launched for; null for one that is gone or nobody's. */
function launchOf(pid: number): string | null {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    const launch = environment.find((entry) => entry.startsWith('SUPERBOT_LAUNCH='));
    return launch?.slice('SUPERBOT_LAUNCH='.length).split(':')[0] ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return null;
    throw error;
  }
}
