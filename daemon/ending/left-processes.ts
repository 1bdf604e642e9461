/** What still runs of the modules, for the log of a daemon that has to use force. */
import { ownerReader, treeMembers } from '../keeper/tree.ts';
import { commandLine, snapshotProcesses } from '../processes.ts';

export interface LeftProcess {
  readonly module: string;
  readonly pid: number;
  readonly command: string;
}

/** A module may have forked without end. */
const shownMax = 100;

/**
 * Every process of every tree, also of modules that are no longer configured.
 * @param pids of the launched processes, by module; those that have ended are of no harm
 */
export function leftProcesses(home: string, pids: ReadonlyMap<string, number>): LeftProcess[] {
  const table = snapshotProcesses();
  const ownerOf = ownerReader(home, () => new Set([process.pid]));
  const owners = [...table.values()].flatMap((one) => ownerOf(one) ?? []);
  return [...new Set([...pids.keys(), ...owners])].flatMap((module) => {
    const root = table.get(pids.get(module) ?? 0) ?? null;
    const members = treeMembers({ module, process: root }, table, ownerOf, 'tree');
    return members.map(({ pid }) => ({ module, pid, command: commandLine(pid) }));
  });
}

/** `trading: pid 12 (node bot.js), pid 13 (sleep 9); web: pid 14 (python)` */
export function listLeft(left: readonly LeftProcess[]): string {
  if (left.length === 0) return 'none was found';
  const shown = left.slice(0, shownMax);
  const modules = [...new Set(shown.map(({ module }) => module))].map((name) => {
    const own = shown.filter(({ module }) => module === name);
    return `${name}: ${own.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ')}`;
  });
  const more = left.length > shownMax ? `; and ${left.length - shownMax} more` : '';
  return `${modules.join('; ')}${more}`;
}
