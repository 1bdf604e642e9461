/** Keys whose value in Redis is old, because they were changed here while Redis did not answer. */
import type { Redis } from 'ioredis';
import { isRefusal } from './session.ts';

/** Beyond it all that the cache has in Redis counts as old. */
const keysMax = 10_000;
const atOnce = 500;

export class DirtyKeys {
  readonly #prefix: string;
  #keys = new Set<string>();
  #areTooMany = false;

  /** @param prefix of the keys in Redis, without any sign of a glob */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(key: string): void {
    this.#keys.add(key);
    if (this.#keys.size <= keysMax) return;
    this.#areTooMany = true;
    // A key that comes while all are deleted is known again, and deleted after them.
    this.#keys.clear();
  }

  /**
   * Whether all is deleted, also what came meanwhile; false when the connection broke over it.
   * Rejects with what Redis has against it, with the keys still known.
   */
  async deleteFrom(commands: Redis): Promise<boolean> {
    while (this.#areTooMany || this.#keys.size > 0) {
      const isDone = this.#areTooMany
        ? await this.#deleteAll(commands)
        : await this.#deleteKnown(commands);
      if (!isDone) return false;
    }
    return true;
  }

  async #deleteKnown(commands: Redis): Promise<boolean> {
    const keys = [...this.#keys].slice(0, atOnce);
    // Taken out first: one that is changed meanwhile comes back in.
    for (const key of keys) this.#keys.delete(key);
    let isDone = false;
    try {
      isDone = await hasDone(commands.unlink(...keys.map((key) => this.#prefix + key)));
    } finally {
      if (!isDone) for (const key of keys) this.add(key);
    }
    return isDone;
  }

  async #deleteAll(commands: Redis): Promise<boolean> {
    let cursor = '0';
    do {
      const scanned = await answerOf(
        commands.scan(cursor, 'MATCH', `${this.#prefix}*`, 'COUNT', atOnce),
      );
      if (scanned === null) return false;
      const [next, keys] = scanned;
      if (keys.length > 0 && !(await hasDone(commands.unlink(keys)))) return false;
      cursor = next;
    } while (cursor !== '0');
    this.#areTooMany = false;
    return true;
  }
}

async function hasDone(asked: Promise<unknown>): Promise<boolean> {
  return (await answerOf(asked)) !== null;
}

/** Null when the connection broke: the next one tries again. Rejects with a refusal of Redis. */
async function answerOf<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isRefusal(error)) throw error;
    return null;
  }
}
