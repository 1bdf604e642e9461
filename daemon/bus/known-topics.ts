import type { Matcher } from './matcher.ts';

const topicsMax = 4096;

/** What a matcher has found, kept for as long as its patterns stay: few topics make most events. */
export class KnownTopics<T> {
  readonly #matcher: Matcher<T>;
  #found = new Map<string, readonly T[]>();
  #patternsVersion = 0;

  constructor(matcher: Matcher<T>) {
    this.#matcher = matcher;
  }

  get size(): number {
    return this.#found.size;
  }

  /** As `Matcher.match`. */
  match(topic: string): readonly T[] {
    if (this.#patternsVersion !== this.#matcher.version) this.#forget();
    const known = this.#found.get(topic);
    if (known !== undefined) return known;
    if (this.#found.size >= topicsMax) this.#forget();
    const found = [...this.#matcher.match(topic)];
    this.#found.set(topic, found);
    return found;
  }

  #forget(): void {
    this.#found = new Map();
    this.#patternsVersion = this.#matcher.version;
  }
}
