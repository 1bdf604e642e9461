/** What a new configuration means for the modules that are there. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { hasEffect } from '../../config/without-effect.ts';
import { windowModule } from '../../config/window-jobs.ts';
import type { PlanEntry } from '../../rpc/shapes.ts';

/** The validated files, in the keys in which they are written. */
export interface PlannedDocument {
  readonly daemon: {
    readonly modules: Readonly<Record<string, Section>>;
    readonly autostart: readonly string[];
    readonly ipc: Section;
  };
}

type Section = Readonly<Record<string, unknown>>;

/** What runs while the plan is made. */
export interface RunningModules {
  /** Starting or running. */
  isUp(name: string): boolean;
  /** Those that run and cannot do so without it. */
  runningDependants(name: string): readonly string[];
}

/** A running module is another one when one of these changes, so it is restarted. */
const restartKeys = new Set([
  ...['type', 'module', 'command', 'app', 'args', 'params', 'env', 'cwd'],
  ...['host', 'port', 'workers', 'user', 'provides'],
]);
/** Read at a launch, but not worth a restart. */
const launchKeys = new Set(['debug', 'env_inherit', 'ready']);
/** Read at the start of the daemon; a change neither starts nor stops anything. */
const daemonStartKeys = /^[a-z]+\.(profiles|event_bus|cache\.(backend|url))(\.|$)/;
/** What modules ask for, or are given, when they begin. */
const moduleSurroundings = /^[a-z]+\.(resource_allocation|connection_pool|database)(\.|$)/;

/**
 * One entry for each module of either configuration, and one for each changed key of the daemon's
 * own. What has to be restarted for another's sake is said to be.
 */
export function planReload(
  before: PlannedDocument,
  after: PlannedDocument,
  modules: RunningModules,
): PlanEntry[] {
  const planned = planModules(before, after, modules);
  return [...planDaemon(before, after), ...withDependants(planned, modules)];
}

/** Whether carrying it out changes anything. */
export function isChange({ action }: PlanEntry): boolean {
  return action !== 'none' && action !== 'rejected';
}

function planDaemon(before: PlannedDocument, after: PlannedDocument): PlanEntry[] {
  const ipc = changedKeys(before.daemon.ipc, after.daemon.ipc).map((key): PlanEntry => {
    const reason = 'the daemon answers there already: restart it to change this';
    return { module: null, key: `ipc.${key}`, action: 'rejected', reason };
  });
  const others = changedPaths({ ...before }, { ...after }).filter(
    (path) => !/^daemon\.(modules|autostart|ipc)(\.|$)/.test(path),
  );
  const updates = others.map((path): PlanEntry => {
    const key = path.replace(/^daemon\./, '');
    return { module: null, key, action: 'update', reason: whenInForce(path) };
  });
  return [...ipc, ...updates];
}

function whenInForce(path: string): string {
  if (!hasEffect(path)) return 'has no effect in this version';
  const [, section = '', key = ''] = path.split('.');
  if (moduleSurroundings.test(path)) return 'in force for modules from their next launch';
  if (daemonStartKeys.test(path)) return 'in force from the next start of the daemon';
  if (section === 'schedule' && key.startsWith('trading_'))
    return `in force at once: ${windowModule} is started or ended as its hours say then`;
  if (section === 'logs' && key !== 'level') return 'in force for modules from their next launch';
  return 'in force at once';
}

function planModules(
  before: PlannedDocument,
  after: PlannedDocument,
  modules: RunningModules,
): PlanEntry[] {
  const known = before.daemon.modules;
  const wanted = after.daemon.modules;
  const removed = Object.keys(known).filter((name) => !Object.hasOwn(wanted, name));
  const removals = removed.map((module): PlanEntry => {
    const reason = modules.isUp(module) ? 'no longer configured: it is stopped' : 'not configured';
    return { module, action: 'remove', reason };
  });
  const others = Object.entries(wanted).flatMap(([module, section]): PlanEntry[] => {
    const starts = after.daemon.autostart.includes(module);
    const earlier = Object.hasOwn(known, module) ? known[module] : undefined;
    if (!earlier) {
      const reason = starts ? 'new, in autostart: it is started' : 'new: it stays stopped';
      return [{ module, action: 'add', reason }];
    }
    const changed = changedKeys(earlier, section);
    const own = planModule(module, changed, modules.isUp(module));
    if (starts === before.daemon.autostart.includes(module)) return [own];
    const reason = `${starts ? 'in' : 'out of'} autostart from the next start of the daemon`;
    const autostart: PlanEntry = { module, key: 'autostart', action: 'update', reason };
    return own.action === 'none' ? [autostart] : [own, autostart];
  });
  return [...removals, ...others];
}

function planModule(module: string, changed: readonly string[], isUp: boolean): PlanEntry {
  if (changed.length === 0) return { module, action: 'none', reason: 'unchanged' };
  const what = `${changed.join(', ')} changed`;
  if (isUp && changed.some((key) => restartKeys.has(key)))
    return { module, action: 'restart', reason: what };
  const isLater = changed.some((key) => restartKeys.has(key) || launchKeys.has(key));
  return { module, action: 'update', reason: isLater ? `${what}: for its next launch` : what };
}

/** Those that run and depend on what is restarted end before it and come back after it. */
function withDependants(entries: PlanEntry[], modules: RunningModules): PlanEntry[] {
  const causes = new Map<string, string>();
  for (const { module, action } of entries) {
    if (action !== 'restart' || module === null) continue;
    for (const dependant of modules.runningDependants(module)) causes.set(dependant, module);
  }
  return entries.map((entry): PlanEntry => {
    const cause = causes.get(entry.module ?? '');
    const stays = entry.key === undefined && (entry.action === 'none' || entry.action === 'update');
    if (cause === undefined || !stays) return entry;
    return { ...entry, action: 'restart', reason: `depends on "${cause}", which is restarted` };
  });
}

function changedKeys(before: Section, after: Section): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isDeepStrictEqual(own(before, key), own(after, key)));
}

/** Three words deep at most, such as `daemon.logs.level`. */
function changedPaths(before: Section, after: Section, depth = 1): string[] {
  return changedKeys(before, after).flatMap((key) => {
    const [was, is] = [own(before, key), own(after, key)];
    if (depth === 3 || !isSection(was) || !isSection(is)) return [key];
    return changedPaths(was, is, depth + 1).map((rest) => `${key}.${rest}`);
  });
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(section: Section, key: string): unknown {
  return Object.hasOwn(section, key) ? section[key] : undefined;
}
