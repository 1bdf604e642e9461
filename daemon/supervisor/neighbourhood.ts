/** All modules as each other's dependencies, and the word to all of them when one has changed. */
import {
  type Graph,
  holdOf,
  type Hold,
  neededBy,
  type Neighbour,
  runningDependants,
  unmetDependencies,
  unmetWants,
} from './dependencies.ts';

export class Neighbourhood {
  readonly #graph = new Map<string, Neighbour>();
  readonly #looks = new Map<string, () => void>();
  readonly #seen = new Map<string, string>();
  #lookPending = false;

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

  /** Hard dependants that run, those at the end of the chain first. */
  runningDependants(name: string): string[] {
    return runningDependants(name, this.#graph);
  }

  isNeeded(name: string): boolean {
    return this.neededBy(name) !== null;
  }

  /** The wanted module for whose sake it is wanted; null when there is none. */
  neededBy(name: string): string | null {
    return neededBy(name, this.#graph);
  }

  /** Something about this module may have changed; the others look if it matters to them. */
  changed(name: string): void {
    const neighbour = this.#graph.get(name);
    if (!neighbour) return;
    const { state, claim, finished, launched, launchAgain } = neighbour;
    const seen = JSON.stringify([state, claim, finished, launched, launchAgain]);
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
