/** Topics over as many connections as the venue's limit asks for: one, where it has none. */
import { Succession, type SuccessionOptions } from './succession.ts';

export type ShardsOptions<Message> = Omit<SuccessionOptions<Message>, 'nextGeneration'>;

export class Shards<Message> {
  readonly #options: SuccessionOptions<Message>;
  readonly #all: Succession<Message>[] = [];
  /** Closed because none of their topics is wanted any more. */
  readonly #closing = new Set<Promise<void>>();
  readonly #shardOf = new Map<string, Succession<Message>>();
  #generation = 0;
  #hasBegun = false;
  #isClosed = false;

  constructor(options: ShardsOptions<Message>) {
    this.#options = { ...options, nextGeneration: () => ++this.#generation };
    this.#all.push(new Succession(this.#options));
  }

  get all(): readonly Succession<Message>[] {
    return this.#all;
  }

  begin(): void {
    this.#hasBegun = true;
    for (const shard of this.#all) shard.begin();
  }

  subscribe(topics: readonly string[]): void {
    this.#refuseWithoutProtocol(topics);
    if (this.#isClosed) return;
    const changed = new Set<Succession<Message>>();
    for (const topic of topics) {
      if (this.#shardOf.has(topic)) continue;
      const shard = this.#withRoom();
      shard.wanted.add(topic);
      this.#shardOf.set(topic, shard);
      changed.add(shard);
    }
    for (const shard of changed) shard.topicsChanged();
  }

  unsubscribe(topics: readonly string[]): void {
    const changed = new Set<Succession<Message>>();
    for (const topic of topics) {
      const shard = this.#shardOf.get(topic);
      if (shard === undefined) continue;
      shard.wanted.delete(topic);
      this.#shardOf.delete(topic);
      changed.add(shard);
    }
    for (const shard of changed) {
      if (shard.wanted.size === 0 && shard !== this.#all[0]) this.#drop(shard);
      else shard.topicsChanged();
    }
  }

  send(data: string | Buffer): Promise<void> {
    return this.#first.send(data);
  }

  roll(why: string): void {
    for (const shard of this.#all) shard.roll(why);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#closing, ...this.#all.map((shard) => shard.close())]);
  }

  get #first(): Succession<Message> {
    const [first] = this.#all;
    if (first === undefined) throw new Error('internal error: no shard');
    return first;
  }

  #withRoom(): Succession<Message> {
    const max = this.#options.limits.topicsPerConnection ?? Infinity;
    const found = this.#all.find(({ wanted }) => wanted.size < max);
    if (found !== undefined) return found;
    const shard = new Succession(this.#options);
    this.#all.push(shard);
    if (this.#hasBegun) shard.begin();
    return shard;
  }

  #drop(shard: Succession<Message>): void {
    this.#all.splice(this.#all.indexOf(shard), 1);
    const closing = shard.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #refuseWithoutProtocol(topics: readonly string[]): void {
    if (topics.length === 0 || this.#options.target.protocol.change !== undefined) return;
    throw new TypeError('cannot subscribe: the protocol has no "change" that says how');
  }
}
