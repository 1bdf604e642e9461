import type { Random } from './random.ts';
import { otherUnits, unitsPerDollar } from './units.ts';

export type Side = 'BUY' | 'SELL';

export interface Level {
  readonly units: number;
  readonly cents: number;
}

/** The levels of one token in the venue's order: the best is the last of each. */
export interface Levels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** A level's new total in the book of the first outcome; 0 cents: it is gone. */
export interface LevelChange extends Level {
  readonly side: Side;
}

/**
 * The one book of a market, kept for its first outcome. Who bids 0.3 for Yes asks 0.7 for No, so the
 * other outcome's book is the same one mirrored.
 */
export class Book {
  readonly #random: Random;
  readonly #depth: number;
  #bids: Level[] = [];
  #asks: Level[] = [];

  constructor(random: Random, depth: number) {
    this.#random = random;
    this.#depth = depth;
  }

  levels(outcome: number): Levels {
    if (outcome === 0) return { bids: this.#bids, asks: this.#asks };
    return { bids: this.#asks.map(mirrored), asks: this.#bids.map(mirrored) };
  }

  best(outcome: number): { readonly bid: number | null; readonly ask: number | null } {
    const { bids, asks } = this.levels(outcome);
    return { bid: bids.at(-1)?.units ?? null, ask: asks.at(-1)?.units ?? null };
  }

  /** Fills an order from the best level on; what finds nobody is not filled. */
  take(outcome: number, side: Side, cents: number): { fills: Level[]; changes: LevelChange[] } {
    const takesAsks = (side === 'BUY') === (outcome === 0);
    const levels = takesAsks ? this.#asks : this.#bids;
    const fills: Level[] = [];
    const changes: LevelChange[] = [];
    let left = cents;
    // The last level stays, so that neither side is ever empty by trading alone.
    while (left > 0 && levels.length > 1) {
      const level = levels.pop()!;
      const filled = Math.min(left, level.cents);
      left -= filled;
      const rest = { units: level.units, cents: level.cents - filled };
      if (rest.cents > 0) levels.push(rest);
      fills.push({
        units: outcome === 0 ? level.units : otherUnits(level.units),
        cents: filled,
      });
      changes.push({ ...rest, side: takesAsks ? 'SELL' : 'BUY' });
    }
    return { fills, changes };
  }

  /** Moves the quotes to a new middle: what crosses is withdrawn, what is thin is filled up. */
  quote(middleUnits: number, tick: number): LevelChange[] {
    const bestBid = Math.max(tick, Math.floor((middleUnits - 1) / tick) * tick);
    const bestAsk = Math.min(unitsPerDollar - tick, bestBid + tick);
    return [
      ...this.#requote(this.#bids, 'BUY', bestBid, -tick),
      ...this.#requote(this.#asks, 'SELL', bestAsk, tick),
    ];
  }

  clear(): void {
    this.#bids = [];
    this.#asks = [];
  }

  /** `step` leads away from the middle. */
  #requote(levels: Level[], side: Side, best: number, step: number): LevelChange[] {
    const wanted = new Set<number>();
    for (let units = best; wanted.size < this.#depth && isPrice(units); units += step) {
      wanted.add(units);
    }
    const changes: LevelChange[] = [];
    const kept = levels.filter(({ units }) => {
      const stays = wanted.delete(units);
      if (!stays) changes.push({ side, units, cents: 0 });
      return stays;
    });
    for (const units of wanted) {
      const level = { units, cents: this.#random.between(500, 200_000) };
      kept.push(level);
      changes.push({ side, ...level });
    }
    kept.sort((a, b) => (step < 0 ? a.units - b.units : b.units - a.units));
    levels.splice(0, levels.length, ...kept);
    return changes;
  }
}

const mirrored = ({ units, cents }: Level): Level => ({ units: otherUnits(units), cents });
const isPrice = (units: number): boolean => units > 0 && units < unitsPerDollar;
