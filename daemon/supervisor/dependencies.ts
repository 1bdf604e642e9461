/**
 * What modules mean to each other: who waits for whom, who may not run without whom, and who must
 * be gone before whom. Pure; the graph has no cycles, which the configuration has checked.
 */
import type { DependencyCondition } from '../../config/effective.ts';
import type { ModuleHealth, ModuleState, Wanted } from '../../rpc/shapes.ts';

/** One module as its neighbours see it. */
export interface Neighbour {
  readonly dependsOn: ReadonlyMap<string, DependencyCondition>;
  readonly wants: readonly string[];
  readonly state: ModuleState;
  readonly health: ModuleHealth;
  /** What somebody says of it, its dependants apart; null when nobody says anything. */
  readonly claim: Wanted | null;
  /** It ended by itself with code 0, its work done. */
  readonly finished: boolean;
  /** It has a process. */
  readonly launched: boolean;
  /** Somebody asked for a launch newer than the present one. */
  readonly launchAgain: boolean;
}

export type Graph = ReadonlyMap<string, Neighbour>;

/** Why a module may not run now, though it may be wanted. */
export interface Hold {
  readonly reason: 'dependency_stopped' | 'dependency_failed';
  readonly dependency: string;
}

export function describeHold(reason: Hold['reason']): string {
  return reason === 'dependency_failed' ? 'it has failed' : 'it is stopped';
}

/** Null when nothing stands against its running (it may still have to wait). */
export function holdOf(name: string, graph: Graph): Hold | null {
  for (const [dependency, condition] of dependenciesOf(name, graph)) {
    const neighbour = graph.get(dependency);
    // One that is still up but shall go counts as gone: its dependants end before it.
    if (!neighbour || (condition === 'completed' && neighbour.finished)) continue;
    const { state, finished } = neighbour;
    if (state === 'failed' || state === 'import_failed') {
      return { reason: 'dependency_failed', dependency };
    }
    if (isRelaunching(neighbour) || finished || neighbour.claim === 'down') {
      return { reason: 'dependency_stopped', dependency };
    }
    const further = holdOf(dependency, graph);
    if (further) return { reason: further.reason, dependency };
  }
  return null;
}

/** The dependencies that a module still waits for before its launch. */
export function unmetDependencies(name: string, graph: Graph): string[] {
  return dependenciesOf(name, graph).flatMap(([dependency, condition]) => {
    const neighbour = graph.get(dependency);
    return neighbour && !isMet(condition, neighbour) ? [dependency] : [];
  });
}

/** Soft dependencies that are not ready: waited for a little, then done without. */
export function unmetWants(name: string, graph: Graph): string[] {
  const wants = graph.get(name)?.wants ?? [];
  return wants.filter((dependency) => graph.get(dependency)?.state !== 'running');
}

/** Soft dependencies that a running module has to do without: not there, nor with their work done. */
export function missedWants(name: string, graph: Graph): string[] {
  return unmetWants(name, graph).filter((dependency) => !graph.get(dependency)?.finished);
}

/** Hard dependants that run, directly or through others; the nearest to the end of the chain last. */
export function runningDependants(name: string, graph: Graph): string[] {
  const found = new Set<string>();
  const visit = (dependency: string): void => {
    for (const [dependant, neighbour] of graph) {
      const condition = neighbour.dependsOn.get(dependency);
      // One that only waited for it to complete does not lean on it any more.
      if (condition === undefined || condition === 'completed' || found.has(dependant)) continue;
      visit(dependant);
      if (neighbour.launched) found.add(dependant);
    }
  };
  visit(name);
  return [...found];
}

/** A wanted module that depends on it, hard or soft, directly or through others; else null. */
export function neededBy(name: string, graph: Graph): string | null {
  for (const [dependant, neighbour] of graph) {
    // Asked of each module about all others, so what costs more comes last.
    if (!neighbour.dependsOn.has(name) && !neighbour.wants.includes(name)) continue;
    const { claim } = neighbour;
    if (claim === 'down') continue;
    const needing = claim === 'up' ? dependant : neededBy(dependant, graph);
    if (needing !== null) return needing;
  }
  return null;
}

function isMet(condition: DependencyCondition, neighbour: Neighbour): boolean {
  const { state, health, launched, finished } = neighbour;
  if (condition === 'completed') return finished;
  if (isRelaunching(neighbour)) return false;
  if (condition === 'started') return launched && (state === 'starting' || state === 'running');
  if (condition === 'healthy') return state === 'running' && health === 'healthy';
  // Between two runs of a crashing dependency its dependants go on: only waiting ones need it up.
  return state === 'running';
}

/** It runs and is to be ended and launched anew. */
function isRelaunching({ launchAgain, launched }: Neighbour): boolean {
  return launchAgain && launched;
}

function dependenciesOf(name: string, graph: Graph): [string, DependencyCondition][] {
  return [...(graph.get(name)?.dependsOn ?? [])];
}
