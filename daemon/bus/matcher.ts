/**
 * Which values a topic concerns: a trie of patterns, walked by all their possibilities at once, so
 * that a topic costs its number of segments times the nodes alive, whatever patterns there are.
 */

interface Node<T> {
  readonly words: Map<string, Node<T>>;
  /** What follows `*`. */
  one: Node<T> | null;
  /** What follows `**`. */
  any: Node<T> | null;
  /** It follows `**` itself: every further segment may belong to that. */
  readonly isAny: boolean;
  readonly values: Set<T>;
}

export class Matcher<T> {
  readonly #root = newNode<T>(false);
  #patternCount = 0;
  #version = 0;

  /** Another number whenever something else may match. */
  get version(): number {
    return this.#version;
  }

  /** Patterns with a value, counted once for each value. */
  get patternCount(): number {
    return this.#patternCount;
  }

  /** Nothing is left of patterns that were removed. */
  get isEmpty(): boolean {
    return isBare(this.#root);
  }

  /** @param pattern valid, as `isSubscribable` says */
  add(pattern: string, value: T): void {
    let node = this.#root;
    for (const segment of segmentsOf(pattern)) node = grown(node, segment);
    if (node.values.has(value)) return;
    node.values.add(value);
    this.#patternCount += 1;
    this.#version += 1;
  }

  /** What no pattern needs any more is freed. */
  remove(pattern: string, value: T): void {
    const path: { readonly parent: Node<T>; readonly segment: string; readonly node: Node<T> }[] =
      [];
    let last = this.#root;
    for (const segment of segmentsOf(pattern)) {
      const node = childOf(last, segment);
      if (node === null) return;
      path.push({ parent: last, segment, node });
      last = node;
    }
    if (!last.values.delete(value)) return;
    this.#patternCount -= 1;
    this.#version += 1;
    for (const { parent, segment, node } of path.reverse())
      if (isBare(node)) prune(parent, segment);
  }

  /** Each value once, however many of its patterns match. */
  match(topic: string): Set<T> {
    let alive = new Set<Node<T>>();
    enter(alive, this.#root);
    for (const segment of topic.split('.')) {
      const next = new Set<Node<T>>();
      for (const node of alive) {
        if (node.isAny) next.add(node);
        enter(next, node.words.get(segment) ?? null);
        enter(next, node.one);
      }
      alive = next;
    }
    const found = new Set<T>();
    for (const { values } of alive) for (const value of values) found.add(value);
    return found;
  }
}

/** Whether one pattern matches, for whoever has few. */
export function matchesAny(patterns: readonly string[]): (topic: string) => boolean {
  const matcher = new Matcher<true>();
  for (const pattern of patterns) matcher.add(pattern, true);
  return (topic) => matcher.match(topic).size > 0;
}

/** With its empty continuation: `**` may stand for nothing. */
function enter<T>(alive: Set<Node<T>>, node: Node<T> | null): void {
  for (let next = node; next !== null; next = next.any) alive.add(next);
}

/** `**` twice in a row says no more than once. */
function segmentsOf(pattern: string): string[] {
  const segments = pattern.split('.');
  return segments.filter((segment, at) => segment !== '**' || segments[at - 1] !== '**');
}

function childOf<T>(node: Node<T>, segment: string): Node<T> | null {
  if (segment === '*') return node.one;
  if (segment === '**') return node.any;
  return node.words.get(segment) ?? null;
}

function grown<T>(node: Node<T>, segment: string): Node<T> {
  const known = childOf(node, segment);
  if (known !== null) return known;
  const child = newNode<T>(segment === '**');
  if (segment === '*') node.one = child;
  else if (segment === '**') node.any = child;
  else node.words.set(segment, child);
  return child;
}

function prune<T>(node: Node<T>, segment: string): void {
  if (segment === '*') node.one = null;
  else if (segment === '**') node.any = null;
  else node.words.delete(segment);
}

function isBare({ words, one, any, values }: Node<unknown>): boolean {
  return words.size === 0 && one === null && any === null && values.size === 0;
}

function newNode<T>(isAny: boolean): Node<T> {
  return { words: new Map(), one: null, any: null, isAny, values: new Set() };
}
