import type { Market, ResolutionStatus, Winner } from './market.ts';
import { type Random, seededRandom } from './random.ts';
import type { Universe, VenueEvent } from './universe.ts';

export interface LifecycleOptions {
  readonly seed: number;
  /** How many markets begin to be resolved; for each a new one opens. 0: none by itself. */
  readonly resolutionsPerMinute: number;
  /** From one status of a resolution to the next. */
  readonly resolutionStepMs: number;
  /** For how long a new market is in Gamma only. */
  readonly newMarketDelayMs: number;
}

export type LifecycleNews =
  | { readonly kind: 'opened'; readonly event: VenueEvent; readonly market: Market }
  | { readonly kind: 'resolved'; readonly market: Market };

export interface ResolutionPlan {
  readonly winner: Winner;
  /** Somebody objects to the first proposal. Default: no. */
  readonly isDisputed?: boolean;
  /** The first proposal was wrong, so that a price that was pinned flips. Default: no. */
  readonly isFlipped?: boolean;
}

interface Step {
  readonly atMs: number;
  readonly market: Market;
  readonly status: ResolutionStatus;
  readonly winner: Winner | null;
}

/** Opens and resolves markets over time, with disputes, flips and 50/50 outcomes among them. */
export class Lifecycle {
  readonly #universe: Universe;
  readonly #options: LifecycleOptions;
  readonly #random: Random;
  #steps: Step[] = [];
  #dueMs: number;

  constructor(universe: Universe, options: LifecycleOptions, startMs: number) {
    this.#universe = universe;
    this.#options = options;
    this.#random = seededRandom(options.seed, 'lifecycle');
    this.#dueMs = startMs + this.#intervalMs();
  }

  *until(nowMs: number): Generator<LifecycleNews> {
    while (this.#dueMs <= nowMs) {
      const atMs = this.#dueMs;
      this.#dueMs += this.#intervalMs();
      const open = this.#universe.markets.filter(
        ({ isClosed, resolution }) => !isClosed && resolution.history.length === 0,
      );
      if (open.length > 1) {
        const isDisputed = this.#random.isLucky(0.3);
        this.resolve(this.#random.pick(open), atMs, {
          winner: this.#random.isLucky(0.1) ? 'split' : this.#random.isLucky(0.5) ? 0 : 1,
          isDisputed,
          isFlipped: isDisputed && this.#random.isLucky(0.5),
        });
      }
      yield this.open(atMs);
    }
    const due = this.#steps.filter(({ atMs }) => atMs <= nowMs);
    this.#steps = this.#steps.filter(({ atMs }) => atMs > nowMs);
    for (const step of due.sort((a, b) => a.atMs - b.atMs)) yield* this.#take(step);
  }

  /** A new market, in an event of its own. */
  open(nowMs: number): LifecycleNews {
    const event = this.#universe.openEvent(1, nowMs, nowMs + this.#options.newMarketDelayMs);
    return { kind: 'opened', event, market: event.markets[0]! };
  }

  /** Plans the way of one market to its end; what is due happens in `until`. */
  resolve(market: Market, nowMs: number, plan: ResolutionPlan): void {
    const first = plan.isFlipped === true ? flipped(plan.winner) : plan.winner;
    const way: (readonly [ResolutionStatus, Winner | null])[] = [
      ['posed', null],
      ['proposed', first],
      ...(plan.isDisputed === true
        ? ([
            ['disputed', first],
            ['reproposed', plan.winner],
          ] as const)
        : []),
      ['resolved', plan.winner],
    ];
    way.forEach(([status, winner], index) => {
      const atMs = nowMs + index * this.#options.resolutionStepMs;
      this.#steps.push({ atMs, market, status, winner });
    });
  }

  *#take({ market, status, winner, atMs }: Step): Generator<LifecycleNews> {
    const { resolution } = market;
    resolution.status = status;
    resolution.history.push(status);
    resolution.winner = winner;
    resolution.changedMs = atMs;
    resolution.wasDisputed ||= status === 'disputed';
    market.updatedMs = atMs;
    if (status === 'proposed') market.isClosed = true;
    if (status !== 'resolved') return;
    resolution.resolvedMs = atMs;
    market.book.clear();
    yield { kind: 'resolved', market };
  }

  #intervalMs(): number {
    const { resolutionsPerMinute } = this.#options;
    if (resolutionsPerMinute <= 0) return Infinity;
    return -Math.log(1 - this.#random.next()) * (60_000 / resolutionsPerMinute);
  }
}

const flipped = (winner: Winner): Winner => (winner === 'split' ? 0 : winner === 0 ? 1 : 0);
