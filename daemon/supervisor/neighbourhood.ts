/** All modules as each other's neighbours: who depends on whom, and what they may do together. */
import {
  type Graph,
  holdOf,
  type Hold,
  missedWants,
  neededBy,
  type Neighbour,
  runningDependants,
  unmetDependencies,
  unmetWants,
} from './dependencies.ts';
import type { StormGuard } from './storm-guard.ts';

export class Neighbourhood {
  readonly #graph = new Map<string, Neighbour>();
  readonly #looks = new Map<string, () => void>();
  readonly #seen = new Map<string, string>();
  readonly #guard: StormGuard;
  #lookPending = false;

  constructor(guard: StormGuard) {
    this.#guard = guard;
  }

  /** @param look called soon after another module has changed */
  join(name: string, neighbour: Neighbour, look: () => void): void {
    this.#graph.set(name, neighbour);
    this.#looks.set(name, look);
  }

  leave(name: string): void {
    this.#graph.delete(name);
    this.#looks.delete(name);
    this.#seen.delete(name);
  }

  /** For a change that concerns all of them at once. */
  lookAll(): void {
    for (const look of [...this.#looks.values()]) look();
  }

  /**
   * Asked before each automatic restart: null when it may begin, else after how many milliseconds to
   * ask again, because too many of all modules come together.
   */
  admitRestart(name: string): number | null {
    return this.#guard.admit(name, this.#graph.size);
  }

  /** Why it may not run now; null when nothing stands against it. */
  hold(name: string): Hold | null {
    return holdOf(name, this.#graph);
  }

  /** Dependencies that it has to wait for before its launch. */
  unmet(name: string): string[] {
    return unmetDependencies(name, this.#graph);
  }

  unmetWants(name: string): string[] {
    return unmetWants(name, this.#graph);
  }

  /** What it would use and has to do without. */
  missedWants(name: string): string[] {
    return missedWants(name, this.#graph);
  }

  /** Hard dependants that run, those at the end of the chain first. */
  runningDependants(name: string): string[] {
    return runningDependants(name, this.#graph);
  }

  /** Those that name it in `depends_on`, in the order of the configuration. */
  dependantsOf(name: string): string[] {
    return [...this.#graph].flatMap(([other, { dependsOn }]) =>
      dependsOn.has(name) ? [other] : [],
    );
  }

  /** The wanted module for whose sake it is wanted; null when there is none. */
  neededBy(name: string): string | null {
    return neededBy(name, this.#graph);
  }

  /** Something about this module may have changed; the others look if it matters to them. */
  changed(name: string): void {
    const neighbour = this.#graph.get(name);
    if (!neighbour) return;
    const { state, health, claim, finished, launched, launchAgain } = neighbour;
    const seen = JSON.stringify([state, health, claim, finished, launched, launchAgain]);
    if (this.#seen.get(name) === seen) return;
    this.#seen.set(name, seen);
    if (this.#lookPending || !hasDependencies(this.#graph)) return;
    this.#lookPending = true;
    queueMicrotask(() => {
      this.#lookPending = false;
      this.lookAll();
    });
  }
}

function hasDependencies(graph: Graph): boolean {
  for (const { dependsOn, wants } of graph.values()) {
    if (dependsOn.size > 0 || wants.length > 0) return true;
  }
  return false;
}
