import { Book } from './book.ts';
import { Identifiers } from './identifiers.ts';
import { idsOf, type Market, middleUnits } from './market.ts';
import { type Random, seededRandom } from './random.ts';

export interface VenueEvent {
  readonly number: number;
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly tag: string;
  readonly isNegRisk: boolean;
  readonly negRiskMarketId: string | null;
  readonly openedMs: number;
  readonly endMs: number;
  readonly markets: Market[];
}

const dayMs = 86_400_000;
const firstMarketId = 500_000;
const firstEventId = 20_000;
const marketsPerEventMax = 12;
const tags = ['Politics', 'Sports', 'Crypto', 'Weather', 'Culture', 'Economy'];
const subjects = [
  'Bitcoin',
  'the Comets',
  'the Harbour bill',
  'July rainfall',
  'Ada Moreau',
  'Gold',
];
const verbs = ['win', 'close above its record', 'pass', 'come first', 'reach the target'];
const ticks = [100, 100, 100, 10, 25];

/** Every event and market of the venue, opened in an order that the seed alone decides. */
export class Universe {
  readonly ids: Identifiers;
  readonly events: VenueEvent[] = [];
  readonly markets: Market[] = [];
  readonly #random: Random;
  readonly #quotes: Random;
  readonly #depth: number;
  readonly #byCondition = new Map<string, Market>();
  readonly #byToken = new Map<string, { readonly market: Market; readonly outcome: number }>();

  constructor(seed: number, depth: number, startMs: number) {
    this.ids = new Identifiers(seed, startMs);
    this.#random = seededRandom(seed, 'universe');
    this.#quotes = seededRandom(seed, 'quotes');
    this.#depth = depth;
  }

  /** Opens events until there are at least so many markets, exactly so many. */
  openMarkets(count: number, nowMs: number): void {
    while (this.markets.length < count) {
      const size = this.#random.isLucky(0.5) ? 1 : this.#random.between(2, marketsPerEventMax);
      this.openEvent(Math.min(size, count - this.markets.length), nowMs, nowMs);
    }
  }

  openEvent(size: number, openedMs: number, knownToClobMs: number): VenueEvent {
    const number = this.events.length;
    const isNegRisk = size > 1 && this.#random.isLucky(0.5);
    const subject = this.#random.pick(subjects);
    const event: VenueEvent = {
      number,
      id: String(firstEventId + number),
      slug: `simulated-event-${number}`,
      title: `Will ${subject} ${this.#random.pick(verbs)}? (${number})`,
      tag: this.#random.pick(tags),
      isNegRisk,
      negRiskMarketId: isNegRisk ? this.ids.negRiskMarket(number) : null,
      openedMs,
      endMs: openedMs + this.#random.between(1, 400) * dayMs,
      markets: [],
    };
    this.events.push(event);
    for (let index = 0; index < size; index++) this.#openMarket(event, index, knownToClobMs);
    return event;
  }

  byCondition(conditionId: string): Market | undefined {
    return this.#byCondition.get(conditionId);
  }

  byToken(tokenId: string): { readonly market: Market; readonly outcome: number } | undefined {
    return this.#byToken.get(tokenId);
  }

  eventOf(market: Market): VenueEvent {
    return this.events[market.eventNumber]!;
  }

  #openMarket(event: VenueEvent, index: number, knownToClobMs: number): void {
    const number = this.markets.length;
    const isUpDown = event.tag === 'Crypto';
    const market: Market = {
      number,
      id: String(firstMarketId + number),
      eventNumber: event.number,
      ...idsOf(this.ids, number),
      negRiskMarketId: event.negRiskMarketId,
      slug: `simulated-market-${number}`,
      question: `${event.title} #${index + 1}`,
      outcomes: isUpDown ? ['Up', 'Down'] : ['Yes', 'No'],
      book: new Book(this.#quotes, this.#depth),
      openedMs: event.openedMs,
      knownToClobMs,
      endMs: event.endMs,
      resolution: {
        status: 'initialized',
        history: [],
        wasDisputed: false,
        winner: null,
        changedMs: event.openedMs,
        resolvedMs: null,
      },
      updatedMs: event.openedMs,
      tick: this.#random.pick(ticks),
      logit: this.#random.normal() * 1.5,
      isClosed: false,
      isArchived: false,
      lastTrade: null,
      volumeCents: this.#random.between(0, 10_000_000),
    };
    market.book.quote(middleUnits(market), market.tick);
    event.markets.push(market);
    this.markets.push(market);
    this.#byCondition.set(market.conditionId, market);
    market.tokens.forEach((token, outcome) => this.#byToken.set(token, { market, outcome }));
  }
}
