/**
 * Live log lines for subscribers: the keeper sends the lines of those modules that somebody follows,
 * the daemon's own come from its logger. A follower gets each stored line once: what the files hold
 * up to the moment of joining, then what comes.
 */
import type { LogLine } from '../../rpc/shapes.ts';

export interface Follower {
  /** Null follows all of them. */
  readonly module: string | null;
  readonly push: (line: LogLine) => void;
  /** So many lines of the module did not come; they are in its file. */
  readonly lost: (count: number) => void;
}

export class LogFollowers {
  readonly #followers = new Set<Follower>();
  readonly #follow: (modules: readonly string[]) => Promise<Record<string, number>>;
  readonly #modules: () => readonly string[];
  /** What the keeper was told last; null when it is not known to have heard it. */
  #followed: string | null = '';
  #told: Promise<unknown> = Promise.resolve();

  /**
   * @param follow tells the keeper whose lines to send, and answers with their last line numbers
   * @param modules all that exist
   */
  constructor(
    follow: (modules: readonly string[]) => Promise<Record<string, number>>,
    modules: () => readonly string[],
  ) {
    this.#follow = follow;
    this.#modules = modules;
  }

  /** Whether anybody follows at all. */
  get present(): boolean {
    return this.#followers.size > 0;
  }

  /** Lines come from the moment that this resolves, at the latest. */
  async add(follower: Follower): Promise<void> {
    this.#followers.add(follower);
    await this.#tellKeeper();
  }

  async remove(follower: Follower): Promise<void> {
    if (this.#followers.delete(follower)) await this.#tellKeeper();
  }

  take(line: LogLine): void {
    for (const follower of this.#followers) {
      if (follower.module === null || follower.module === line.module) follower.push(line);
    }
  }

  skipped(module: string, count: number): void {
    for (const follower of this.#followers) {
      if (follower.module === null || follower.module === module) follower.lost(count);
    }
  }

  async #tellKeeper(): Promise<void> {
    const wanted = new Set<string>();
    for (const { module } of this.#followers) {
      if (module === null) for (const name of this.#modules()) wanted.add(name);
      else if (module !== 'daemon') wanted.add(module);
    }
    const names = [...wanted].sort();
    const key = names.join(' ');
    if (key !== this.#followed) {
      this.#followed = key;
      this.#told = this.#follow(names).catch((error: unknown) => {
        this.#followed = null;
        throw error;
      });
    }
    // Also whoever adds nothing waits until the keeper sends what was asked for before.
    await this.#told;
  }
}
