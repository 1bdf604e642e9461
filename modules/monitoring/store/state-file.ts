/** What outlives a restart, by key, in one small file that is replaced as a whole. */
import { rename } from 'node:fs/promises';
import { writeDurably } from '../../api/durable-file.ts';
import type { Logger } from '../../api/log.ts';
import { readIfThere } from '../read-if-there.ts';

export class StateFile {
  readonly #file: string;
  readonly #values: Map<string, unknown>;
  readonly #waiting: Set<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, values: Map<string, unknown>) {
    this.#file = file;
    this.#values = values;
    this.#waiting = new Set(values.keys());
  }

  /** One that is damaged is set aside as `.damaged`. Rejects when the file cannot be read. */
  static async open(file: string, log: Pick<Logger, 'error'>): Promise<StateFile> {
    const text = await readIfThere(file);
    if (text === null) return new StateFile(file, new Map());
    const values = parseObject(text.toString());
    if (values === null) {
      await rename(file, `${file}.damaged`);
      log.error('the state of the monitor is damaged: it begins anew', {
        file: `${file}.damaged`,
      });
    }
    return new StateFile(file, new Map(Object.entries(values ?? {})));
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Null when there is none. */
  read(key: string): unknown {
    return this.#values.get(key) ?? null;
  }

  /** Resolves when it is on the disk. */
  write(key: string, value: unknown): Promise<void> {
    this.#values.set(key, value);
    this.#waiting.add(key);
    const save = () => writeDurably(this.#file, JSON.stringify(Object.fromEntries(this.#values)));
    // One at a time; a write that failed was told to its own caller.
    const done = this.#turn.then(save, save);
    this.#turn = done;
    return done;
  }

  /** What the database does not have yet. */
  waiting(): readonly (readonly [key: string, value: unknown])[] {
    return [...this.#waiting].map((key) => [key, this.read(key)] as const);
  }

  /** The database has this value, unless it has changed since. */
  stored(key: string, value: unknown): void {
    if (this.read(key) === value) this.#waiting.delete(key);
  }
}

/** Null when it is not an object. */
function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
