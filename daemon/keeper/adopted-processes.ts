/** Processes taken over from a keeper that died. They are not our children: nothing tells of their end. */
import { isAlive, isStarved, type ProcessIdentity } from '../processes.ts';
import type { System, Timer } from '../system.ts';

const lookMs = 500;

export class AdoptedProcesses {
  readonly #system: System;
  readonly #onEnded = new Map<ProcessIdentity, () => void>();
  #timer: Timer | null = null;

  constructor(system: System) {
    this.#system = system;
  }

  /** @param onEnded called once, within one look after its end */
  watch(identity: ProcessIdentity, onEnded: () => void): void {
    this.#onEnded.set(identity, onEnded);
    this.#lookLater();
  }

  look(): void {
    for (const [identity, tell] of this.#onEnded) {
      if (!hasEnded(identity)) continue;
      this.#onEnded.delete(identity);
      tell();
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#onEnded.clear();
  }

  #lookLater(): void {
    this.#timer ??= this.#system.after(lookMs, () => {
      this.#timer = null;
      this.look();
      if (this.#onEnded.size > 0) this.#lookLater();
    });
  }
}

/** False also when there is too little left to find out just now. */
export function hasEnded(identity: ProcessIdentity): boolean {
  try {
    return !isAlive(identity);
  } catch (error) {
    // The next look tells.
    if (!isStarved(error)) throw error;
    return false;
  }
}
