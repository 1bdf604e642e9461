import type { Logger } from '../../api/log.ts';
import type { Feed } from './feed.ts';
import { place } from './placement.ts';

export interface FeedsOptions {
  readonly tokensPerConnection: number;
  readonly open: (stream: string, tokenIds: readonly string[]) => Feed;
  /** Told first: these are not followed any more. */
  readonly onGone: (stream: string, tokenIds: readonly string[]) => void;
  /** The streams that there are from now on. */
  readonly onStreams: (streams: readonly string[]) => void;
  readonly log: Logger;
}

/** As many connections as the tokens need; they come and go without disturbing one another. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #all = new Map<string, Feed>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  get all(): ReadonlyMap<string, Feed> {
    return this.#all;
  }

  /** From now on these tokens are followed, and no others. Gives those that were not before. */
  follow(tokenIds: readonly string[]): readonly string[] {
    const { tokensPerConnection, open, onGone, onStreams, log } = this.#options;
    const steps = place([...this.#all.values()], tokenIds, tokensPerConnection);
    for (const { stream, tokenIds: gone } of steps.remove) {
      onGone(stream, gone);
      this.#all.get(stream)?.remove(gone);
    }
    for (const stream of steps.close) onGone(stream, [...(this.#all.get(stream)?.tokenIds ?? [])]);
    for (const stream of steps.close) this.#close(stream);
    if (steps.open.length > 0 || steps.close.length > 0) {
      onStreams([...this.#all.keys(), ...steps.open.map(({ stream }) => stream)]);
    }
    for (const { stream, tokenIds: fresh } of steps.add) this.#all.get(stream)?.add(fresh);
    for (const { stream, tokenIds: fresh } of steps.open) {
      this.#all.set(stream, open(stream, fresh));
    }
    const added = [...steps.add, ...steps.open].flatMap((step) => step.tokenIds);
    const removed = steps.remove.reduce((total, step) => total + step.tokenIds.length, 0);
    if (added.length > 0 || removed > 0 || steps.close.length > 0) {
      const counts = { added: added.length, removed, connections: this.#all.size };
      log.info('the tokens that are followed have changed', counts);
    }
    return added;
  }

  /** Resolves when every connection is gone, and what it brought has been handed on. */
  async close(): Promise<void> {
    for (const stream of [...this.#all.keys()]) this.#close(stream);
    await Promise.all(this.#closing);
  }

  #close(stream: string): void {
    const feed = this.#all.get(stream);
    if (feed === undefined) return;
    this.#all.delete(stream);
    const closing = this.#closed(feed).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #closed(feed: Feed): Promise<void> {
    try {
      await feed.close();
    } catch (error) {
      const { stream } = feed;
      this.#options.log.error('a connection did not end properly', { error, stream });
    }
  }
}
