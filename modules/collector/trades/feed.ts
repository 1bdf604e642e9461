import type { Clock } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import {
  type EndReason,
  type Gap,
  openSocket,
  type RateLimit,
  type Socket,
} from '../../api/socket.ts';
import type { Trade } from '../rows.ts';
import type { Garbage } from '../venue/parsed.ts';
import { Activity } from './activity.ts';
import { type FeedMessage, marketProtocol } from './protocol.ts';

export interface FeedLimits {
  readonly pingIntervalMs: number;
  /** The least silence that ends a connection; the real bound follows the pace of its markets. */
  readonly silenceMsMin: number;
  /** After it a second connection takes over: the venue's grow stale. */
  readonly ageMsMax: number;
}

export interface FeedOptions {
  /** Its name in the ledger, such as "trades/0". */
  readonly stream: string;
  readonly url: string;
  readonly tokenIds: readonly string[];
  readonly limits: FeedLimits;
  /** One for all feeds: the venue refuses many handshakes at once. */
  readonly attempts: RateLimit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTrade: (trade: Trade, receivedAtMs: number, feed: Feed) => void;
  readonly onGarbage: (garbage: Garbage) => void;
  readonly onOpen: (feed: Feed) => void;
  readonly onLost: (feed: Feed, reason: EndReason) => void;
  /** In order with the trades. */
  readonly onGap: (feed: Feed, gap: Gap) => void;
}

const openStates: ReadonlySet<string> = new Set(['open', 'rolling', 'draining']);

/** The trades of some tokens, over one connection after the other. */
export class Feed {
  readonly stream: string;
  readonly tokenIds: Set<string>;
  /** Rejects when the socket has given up, which it does only for an error in this program. */
  readonly ended: Promise<void>;
  readonly #socket: Socket<FeedMessage>;
  #lastTakenMs: number | null = null;

  constructor(options: FeedOptions) {
    const { stream, url, tokenIds, limits, attempts, clock, log } = options;
    const activity = new Activity(limits);
    this.stream = stream;
    this.tokenIds = new Set(tokenIds);
    this.#socket = openSocket({
      url,
      topics: tokenIds,
      protocol: marketProtocol({
        onMove: () => activity.seen(clock.monotonicMs()),
        onGarbage: options.onGarbage,
      }),
      pingIntervalMs: limits.pingIntervalMs,
      dataTimeoutMs: () => activity.allowedSilenceMs(clock.monotonicMs()),
      ageMsMax: limits.ageMsMax,
      attempts,
      clock,
      log,
      onOpen: () => options.onOpen(this),
      onLost: (reason) => {
        if (reason === 'no_data') activity.doubted();
        options.onLost(this, reason);
      },
      onGap: (gap) => options.onGap(this, gap),
    });
    this.ended = this.#socket.each(({ message, receivedAtMs }) => {
      if (message.kind === 'trade') options.onTrade(message.trade, receivedAtMs, this);
      this.#lastTakenMs = receivedAtMs;
    });
  }

  get isOpen(): boolean {
    return openStates.has(this.#socket.metrics.state);
  }

  /** When the last thing came that was handed on, in milliseconds since 1970. */
  get lastTakenMs(): number | null {
    return this.#lastTakenMs;
  }

  add(tokenIds: readonly string[]): void {
    for (const tokenId of tokenIds) this.tokenIds.add(tokenId);
    this.#socket.subscribe(tokenIds);
  }

  remove(tokenIds: readonly string[]): void {
    for (const tokenId of tokenIds) this.tokenIds.delete(tokenId);
    this.#socket.unsubscribe(tokenIds);
  }

  /** What has arrived is still handed on. */
  async close(): Promise<void> {
    await this.#socket.close();
    await this.ended;
  }
}
