/**
 * Which trade a trade is. The venue gives none of them a number, and tells of each twice: on the
 * stream with the millisecond of its match, in the Data API with the second of its block, a second to
 * minutes later. What both agree on is the transaction, so a trade with a hash is known by that, and
 * time is no part of it. One without a hash is known by its millisecond: no REST row has such an id,
 * and `twins.ts` finds its twin.
 *
 * One transaction may hold fills that are equal in everything. They are told apart by counting among
 * equals within one unit that the venue cannot repeat half of: a frame of the stream, a whole walk
 * through the REST pages. A frame that comes again gives the same ids again.
 */
import { hash } from 'node:crypto';
import { Big } from 'big.js';
import type { Trade } from '../rows.ts';

/** A trade as a source tells it, before it is known which one it is. */
export type Fill = Omit<Trade, 'id'>;

/** The fills of one unit, in any order. */
export function identified(fills: readonly Fill[]): Trade[] {
  return new Ordinals().identified(fills);
}

/** Counts among equals through a unit that comes in parts, newest first or oldest first. */
export class Ordinals {
  /** Equals have one transaction, so one time: what is far from the present one is forgotten. */
  #counts = new Map<string, number>();
  #before = new Map<string, number>();
  #sinceMs: number | null = null;

  identified(fills: readonly Fill[]): Trade[] {
    return fills.map((fill) => {
      this.#forget(fill.atMs);
      const key = keyOf(fill);
      const ordinal = this.#counts.get(key) ?? this.#before.get(key) ?? 0;
      this.#counts.set(key, ordinal + 1);
      return { id: digest(`${key} ${ordinal}`), ...fill };
    });
  }

  #forget(atMs: number): void {
    this.#sinceMs ??= atMs;
    if (Math.abs(atMs - this.#sinceMs) <= equalsMs) return;
    this.#before = this.#counts;
    this.#counts = new Map();
    this.#sinceMs = atMs;
  }
}

/** Blocks come every two seconds. */
const equalsMs = 10_000;

/** As far as it is known without counting: equal for equal fills. */
export function keyOf({ tokenId, side, price, size, transactionHash, atMs }: Fill): string {
  const which = transactionHash?.toLowerCase() ?? `at ${atMs}`;
  // Joined, as these are kept: what a template makes would stay in its pieces.
  return [which, tokenId, side, chainUnits(price), chainUnits(size)].join(' ');
}

/** 128 bits of it: the chance that two of a billion trades share an id is below 1 in 10^20. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

/** Amounts on the chain are whole millionths. What a source writes beyond is a float's noise. */
const decimalsMax = 6;

/** As canonical text: the same for equal amounts. */
export function chainUnits(decimal: string): string {
  const point = decimal.indexOf('.');
  if (point < 0 || decimal.length - point - 1 <= decimalsMax) return decimal;
  return new Big(decimal).round(decimalsMax, Big.roundHalfUp).toFixed();
}
