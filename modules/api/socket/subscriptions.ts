/** What one connection has been told of the topics that are wanted, and what is to be told next. */

export interface SubscriptionChange {
  readonly action: 'subscribe' | 'unsubscribe';
  readonly topics: readonly string[];
  /** New for each change on a connection; what the server has to name in its acknowledgement. */
  readonly id: number;
  /** The first change on this connection: some venues want it in another form. */
  readonly isFirst: boolean;
}

interface Open {
  readonly change: SubscriptionChange;
  readonly dueMs: number;
}

export class Told {
  readonly #topicsPerMessage: number;
  readonly #topics = new Set<string>();
  readonly #open = new Map<number, Open>();
  #lastId = 0;

  constructor(topicsPerMessage: number) {
    this.#topicsPerMessage = topicsPerMessage;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** When the oldest change that waits for its acknowledgement is given up; null when none does. */
  get ackDueMs(): number | null {
    for (const { dueMs } of this.#open.values()) return dueMs;
    return null;
  }

  /** Whether the server has been told all of it. */
  has(wanted: ReadonlySet<string>): boolean {
    return planChange(wanted, this.#topics, 1) === null;
  }

  /**
   * The next change to send, which counts as told from now on; null when everything has been told.
   * @param ackDueMs until when it is to be acknowledged, null when this venue does not do that
   */
  next(wanted: ReadonlySet<string>, ackDueMs: number | null): SubscriptionChange | null {
    const planned = planChange(wanted, this.#topics, this.#topicsPerMessage);
    if (planned === null) return null;
    const { action, topics } = planned;
    for (const topic of topics) {
      if (action === 'subscribe') this.#topics.add(topic);
      else this.#topics.delete(topic);
    }
    const change = { action, topics, id: ++this.#lastId, isFirst: this.#lastId === 1 };
    if (ackDueMs !== null) this.#open.set(change.id, { change, dueMs: ackDueMs });
    return change;
  }

  /** The change that the server has answered; null when it answered something else. */
  acknowledged(id: number): SubscriptionChange | null {
    const open = this.#open.get(id);
    this.#open.delete(id);
    return open?.change ?? null;
  }
}

/**
 * The next step from what is told to what is wanted: what is not wanted any more goes first, so that
 * a venue's limit of topics is never exceeded on the way.
 */
export function planChange(
  wanted: ReadonlySet<string>,
  told: ReadonlySet<string>,
  topicsMax: number,
): Pick<SubscriptionChange, 'action' | 'topics'> | null {
  const superfluous = someOf(told, (topic) => !wanted.has(topic), topicsMax);
  if (superfluous.length > 0) return { action: 'unsubscribe', topics: superfluous };
  const missing = someOf(wanted, (topic) => !told.has(topic), topicsMax);
  return missing.length > 0 ? { action: 'subscribe', topics: missing } : null;
}

function someOf(all: Iterable<string>, matches: (topic: string) => boolean, max: number): string[] {
  const found: string[] = [];
  for (const topic of all) {
    if (found.length === max) break;
    if (matches(topic)) found.push(topic);
  }
  return found;
}
