/**
 * Hears from the daemon which keys of the cache were changed, on every link anew. It goes on nowhere:
 * what was changed while there was no link nobody can tell, so then everything may have been.
 */
import { ConnectionClosedError } from '../../../rpc/errors.ts';
import type { Peer } from '../../../rpc/peer.ts';
import type { CacheChanged } from '../../../rpc/shapes-cache.ts';
import type { Logger } from '../log.ts';

export interface CacheChangesOptions {
  /** At once, in the turn in which the news arrives; null when any key may have changed. */
  readonly onChange: (keys: readonly string[] | null) => void;
  readonly log: Pick<Logger, 'warn'>;
}

const topic = 'system.cache.changed';
/** The daemon answers at once; a connection that is gone ends the wait for it. */
const answerTimeoutMs = 3_600_000;

export class CacheChanges {
  readonly #options: CacheChangesOptions;
  #isWanted = false;
  #peer: Peer | null = null;
  /** The connection on which the daemon tells of changes. */
  #livePeer: Peer | null = null;
  #subscription: string | null = null;

  constructor(options: CacheChangesOptions) {
    this.#options = options;
  }

  /** Whether every change is heard of now. */
  get isLive(): boolean {
    return this.#livePeer !== null && !this.#livePeer.signal.aborted;
  }

  /** From now on. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (this.#peer !== null) void this.#ask(this.#peer);
  }

  /** There is a link, or a new one. */
  connected(peer: Peer): void {
    this.#peer = peer;
    this.#livePeer = null;
    this.#subscription = null;
    this.#options.onChange(null);
    if (this.#isWanted) void this.#ask(peer);
  }

  /** Takes what the daemon sends on the present link. */
  take(method: string, params: unknown): void {
    if (!this.#isWanted) return;
    const { subscription, event } = params as Pushed;
    // Whichever subscription of this module it comes by, it is true.
    if (method === 'events.event' && event?.topic === topic)
      this.#options.onChange(event.data.keys);
    // Also before the answer that names ours.
    const isOurs = this.#subscription === null || this.#subscription === subscription;
    if (method === 'events.lost' && isOurs) this.#options.onChange(null);
  }

  async #ask(peer: Peer): Promise<void> {
    try {
      const { subscription } = (await peer.call(
        'events.subscribe',
        { topics: [topic] },
        { timeoutMs: answerTimeoutMs },
      )) as { subscription: string };
      if (peer !== this.#peer) return;
      this.#subscription = subscription;
      this.#livePeer = peer;
    } catch (error) {
      // The next connection asks anew.
      if (error instanceof ConnectionClosedError) return;
      this.#options.log.warn('cannot hear of changes in the cache: no value is kept near', {
        error,
      });
    }
  }
}

interface Pushed {
  readonly subscription: string;
  readonly event?: { readonly topic: string; readonly data: CacheChanged };
}
