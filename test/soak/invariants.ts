/** What must be true whenever SuperBot has come to rest, seen from outside. */
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { isRunning } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { Claim } from './model.ts';
import { Violation, type World } from './world.ts';

/** Above every delay and timeout of the modules, on a machine that has much else to do. */
const quietWithinMs = 30_000;

/**
 * Waits until wanted and state agree, and the process table with both; throws a Violation when they
 * do not in time, or when something happened that never may.
 * @param isThere what else must be seen before the quiet counts
 */
export async function comeToRest(
  world: World,
  isThere: (statuses: readonly ModuleStatus[]) => boolean,
): Promise<ModuleStatus[]> {
  let standing: string[] = [];
  try {
    return await until(
      'wanted, state and processes agree',
      async () => {
        const statuses = await world.statuses();
        standing = disagreements(statuses, world);
        if (!isThere(statuses)) standing.push('what was done is not seen');
        return standing.length === 0 ? statuses : null;
      },
      quietWithinMs,
    );
  } catch (error) {
    if (standing.length === 0) throw error;
    throw new Violation(`never came to rest: ${standing.join('; ')}`);
  } finally {
    expectOneCopy(world);
  }
}

/** Throws a Violation when two copies of a module were alive at once, now or earlier. */
function expectOneCopy(world: World): void {
  const [seen] = world.watch.violations;
  if (seen !== undefined) throw new Violation(seen);
  const [told] = world.secondCopies();
  if (told !== undefined) throw new Violation(`"${told}" found another copy of itself`);
}

function disagreements(statuses: readonly ModuleStatus[], world: World): string[] {
  const living = world.watch.look();
  const born = new Set(world.births());
  const known = new Set(statuses.map(({ module }) => module));
  const strangers = [...living.keys()].filter((module) => !known.has(module));
  return [
    ...strangers.map((module) => `"${module}" is not configured and runs`),
    ...statuses.flatMap((status) => {
      const launches = living.get(status.module) ?? new Map<string, number[]>();
      const isUp = [...launches.keys()].every((launch) => born.has(launch));
      const why =
        unrest(status, statuses) ??
        misplaced(status, [...launches.values()].flat()) ??
        (isUp ? null : 'has not come up');
      return why === null ? [] : `"${status.module}" ${why}`;
    }),
  ];
}

/** Null when the state is one in which what is wanted can last. */
function unrest(
  { state, reason, wanted }: ModuleStatus,
  statuses: readonly ModuleStatus[],
): string | null {
  const said = `is ${state} (${reason ?? ''}) and wanted ${wanted}`;
  switch (state) {
    case 'starting':
    case 'stopping':
    case 'restarting':
      return said;
    case 'running':
      return wanted === 'up' ? null : said;
    case 'failed':
    case 'import_failed':
      return reason === 'stop_failed' ? said : null;
    case 'stopped': {
      const isHeld = reason === 'dependency_stopped' || reason === 'dependency_failed';
      const isDependencyDown = statuses.some(({ state }) => state !== 'running');
      return wanted === 'down' || (isHeld && isDependencyDown) ? null : said;
    }
  }
}

/** Null when exactly the processes are there that the state speaks of. */
function misplaced({ state, pid, type }: ModuleStatus, pids: readonly number[]): string | null {
  if (state !== 'running')
    return pids.length > 0 ? `is ${state} and runs as ${pids.join(' ')}` : null;
  if (pid === null || !isRunning(pid)) return `is running and its pid ${pid ?? ''} is not there`;
  // A thread's host is not launched for one module.
  return type === 'thread' || pids.includes(pid) ? null : `is running and not as pid ${pid}`;
}

/** Throws a Violation when another thing is wanted than what the calls so far have left. */
export function expectClaims(
  statuses: readonly ModuleStatus[],
  claims: ReadonlyMap<string, Claim>,
): void {
  for (const { module, wanted } of statuses) {
    const claim = claims.get(module);
    if (claim === undefined || claim === 'unsure' || claim === wanted) continue;
    throw new Violation(`"${module}" is wanted ${wanted}; the last word was ${claim}`);
  }
}

/** Throws a Violation unless the changed module was restarted, and no other but what depends on it. */
export function expectReloaded(
  before: readonly ModuleStatus[],
  after: readonly ModuleStatus[],
  changed: string,
): void {
  for (const { module, state, started_at, depends_on } of before) {
    const now = after.find((status) => status.module === module);
    if (state !== 'running' || now === undefined) continue;
    const isKept = now.started_at === started_at;
    if (module === changed && isKept) throw new Violation(`"${module}" has its old settings`);
    const mayFollow = module === changed || depends_on.length > 0;
    if (!mayFollow && !isKept)
      throw new Violation(`"${module}" was not changed and is not the same`);
  }
}
