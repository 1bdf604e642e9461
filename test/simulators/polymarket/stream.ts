import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../modules/api/clock.ts';
import type { Faults } from './faults.ts';
import { StreamSession } from './stream-session.ts';
import {
  bestBidAskFrame,
  bookFrame,
  newMarketFrame,
  priceChangeFrame,
  resolvedFrame,
  tickSizeFrame,
  tradeFrame,
} from './frames.ts';
import type { LifecycleNews } from './lifecycle.ts';
import type { Order } from './tape.ts';
import type { Universe } from './universe.ts';

export interface StreamOptions {
  /** A whole book follows every so many orders of a token; 1 is what the documentation says. */
  readonly bookEveryOrders: number;
}

const frameBytesMax = 1024 * 1024;

/** The market channel at /ws/market: who has subscribed to what, and what they are sent. */
export class Stream {
  readonly #universe: Universe;
  readonly #faults: Faults;
  readonly #clock: Clock;
  readonly #options: StreamOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax });
  readonly #sessions = new Set<StreamSession>();
  readonly #byToken = new Map<string, Set<StreamSession>>();
  #orders = 0;

  constructor(universe: Universe, faults: Faults, clock: Clock, options: StreamOptions) {
    this.#universe = universe;
    this.#faults = faults;
    this.#clock = clock;
    this.#options = options;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** How many tokens somebody listens to. */
  get subscriptions(): number {
    return this.#byToken.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket));
  }

  order(order: Order): void {
    const { market, outcome, trades, atMs } = order;
    this.#orders++;
    const listeners = this.#listeners([market.tokens[outcome]!]);
    if (listeners.size > 0) {
      const frames = trades.map((trade) => tradeFrame(market, trade, this.#universe.ids));
      // Fills of one order come together.
      const text = JSON.stringify(frames.length === 1 ? frames[0] : frames);
      for (const session of listeners) this.#sendTrades(session, text);
    }
    const both = this.#listeners(market.tokens);
    if (both.size === 0) return;
    this.#toAll(both, priceChangeFrame(order));
    const isBookDue = this.#orders % this.#options.bookEveryOrders === 0;
    for (const [index, token] of market.tokens.entries()) {
      const ofToken = this.#listeners([token]);
      if (order.tickChange !== null) this.#toAll(ofToken, tickSizeFrame(market, index, order));
      if (isBookDue) this.#toAll(ofToken, bookFrame(market, index));
      const custom = new Set([...ofToken].filter(({ hasCustomFeatures }) => hasCustomFeatures));
      if (custom.size > 0) this.#toAll(custom, bestBidAskFrame(market, index, atMs));
    }
  }

  news(news: LifecycleNews): void {
    const nowMs = this.#clock.now();
    const custom = new Set([...this.#sessions].filter((session) => session.hasCustomFeatures));
    // New markets are told to everybody, whatever they have subscribed to.
    if (news.kind === 'opened') {
      this.#toAll(custom, newMarketFrame(news.event, news.market, nowMs));
      return;
    }
    const listeners = this.#listeners(news.market.tokens);
    const both = new Set([...listeners].filter((session) => custom.has(session)));
    this.#toAll(both, resolvedFrame(news.market, nowMs));
  }

  /** Cuts a share of the connections. */
  disconnect(share: number): void {
    for (const session of this.#sessions) {
      if (this.#faults.random.isLucky(share)) session.cut();
    }
  }

  /** Silences a share of the present connections, or lets all speak again. */
  freeze(share: number | null): void {
    for (const session of this.#sessions) {
      session.isFrozen = share !== null && (session.isFrozen || this.#faults.random.isLucky(share));
    }
  }

  close(): void {
    for (const session of this.#sessions) session.cut();
    this.#server.close();
  }

  #open(webSocket: WebSocket): void {
    const session = new StreamSession(webSocket, {
      onSubscribe: (tokens, wantsBooks) => {
        for (const token of tokens) {
          const sessions = this.#byToken.get(token) ?? new Set();
          this.#byToken.set(token, sessions.add(session));
        }
        if (wantsBooks) this.#sendBooks(session, tokens);
      },
      onUnsubscribe: (tokens) => this.#forget(session, tokens),
      onClose: (tokens) => {
        this.#sessions.delete(session);
        this.#forget(session, tokens);
      },
    });
    this.#sessions.add(session);
  }

  #sendBooks(session: StreamSession, tokens: readonly string[]): void {
    const nowMs = this.#clock.now();
    const books = tokens.flatMap((token) => {
      const found = this.#universe.byToken(token);
      if (!found || found.market.isClosed || found.market.knownToClobMs > nowMs) return [];
      return [bookFrame(found.market, found.outcome)];
    });
    session.send(JSON.stringify(books));
  }

  #sendTrades(session: StreamSession, text: string): void {
    const late = this.#faults.strikes('late');
    if (late === null) session.send(text);
    else this.#clock.after(late.delayMs, () => session.send(text), { mayBeLast: false });
    if (this.#faults.strikes('duplicate') !== null) session.send(text);
    if (this.#faults.strikes('garbage') !== null) {
      session.send(this.#faults.random.isLucky(0.5) ? text.slice(0, -7) : 'upstream timed out');
    }
  }

  #toAll(sessions: ReadonlySet<StreamSession>, frame: object): void {
    if (sessions.size === 0) return;
    const text = JSON.stringify(frame);
    for (const session of sessions) session.send(text);
  }

  #listeners(tokens: readonly string[]): ReadonlySet<StreamSession> {
    const [first, second] = tokens.map((token) => this.#byToken.get(token));
    if (!second) return first ?? none;
    return first ? new Set([...first, ...second]) : second;
  }

  #forget(session: StreamSession, tokens: Iterable<string>): void {
    for (const token of tokens) {
      const sessions = this.#byToken.get(token);
      sessions?.delete(session);
      if (sessions?.size === 0) this.#byToken.delete(token);
    }
  }
}

const none: ReadonlySet<StreamSession> = new Set();
