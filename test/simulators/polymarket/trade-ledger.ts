import type { Side } from './book.ts';
import { anyNumbers, type NumberList, smallNumbers, wholeNumbers } from './number-list.ts';

/** One fill as it was made, in the simulator's own units. */
export interface LedgerTrade {
  /** From 0, in the order in which they were made. */
  readonly seq: number;
  readonly marketNumber: number;
  readonly outcome: number;
  readonly side: Side;
  readonly units: number;
  readonly cents: number;
  /** When it was matched, a whole number: what the stream says. Never falls from one to the next. */
  readonly atMs: number;
  /** Fills of one order have one transaction. */
  readonly transaction: number;
  /** False: the stream tells no transaction hash for it; the Data API does. */
  readonly hasHashOnStream: boolean;
}

const blockEveryMs = 2000;
const untilBlockMs = 500;

/** When a trade is in a block, and with that in the Data API, which knows seconds only. */
export const blockMsOf = (atMs: number): number =>
  Math.ceil((atMs + untilBlockMs) / blockEveryMs) * blockEveryMs;

/** Every fill that was ever made: some 30 bytes each, so that hours of them fit into memory. */
export class TradeLedger {
  readonly #tokens = wholeNumbers();
  readonly #units = wholeNumbers();
  readonly #cents = wholeNumbers();
  readonly #flags = smallNumbers();
  readonly #times = anyNumbers();
  readonly #transactions = wholeNumbers();
  readonly #byMarket = new Map<number, NumberList<Uint32Array>>();

  get length(): number {
    return this.#tokens.length;
  }

  add(trade: Omit<LedgerTrade, 'seq'>): LedgerTrade {
    const seq = this.length;
    this.#tokens.push(trade.marketNumber * 2 + trade.outcome);
    this.#units.push(trade.units);
    this.#cents.push(trade.cents);
    this.#flags.push((trade.side === 'BUY' ? 1 : 0) | (trade.hasHashOnStream ? 2 : 0));
    this.#times.push(trade.atMs);
    this.#transactions.push(trade.transaction);
    const ofMarket = this.#byMarket.get(trade.marketNumber) ?? wholeNumbers();
    ofMarket.push(seq);
    this.#byMarket.set(trade.marketNumber, ofMarket);
    return { seq, ...trade };
  }

  at(seq: number): LedgerTrade {
    const token = this.#tokens.at(seq);
    const flags = this.#flags.at(seq);
    return {
      seq,
      marketNumber: token >>> 1,
      outcome: token & 1,
      side: (flags & 1) === 1 ? 'BUY' : 'SELL',
      units: this.#units.at(seq),
      cents: this.#cents.at(seq),
      atMs: this.#times.at(seq),
      transaction: this.#transactions.at(seq),
      hasHashOnStream: (flags & 2) === 2,
    };
  }

  /** How many were in a block by then: those have the numbers below it. */
  countInBlocks(untilMs: number): number {
    const lastBlockMs = Math.floor(untilMs / blockEveryMs) * blockEveryMs;
    return this.#times.firstFrom(lastBlockMs - untilBlockMs + 1);
  }

  /** How many were matched before then. */
  countBefore(ms: number): number {
    return this.#times.firstFrom(ms);
  }

  /** The sequence numbers of one market's fills, rising. */
  ofMarket(marketNumber: number): NumberList<Uint32Array> | null {
    return this.#byMarket.get(marketNumber) ?? null;
  }
}
