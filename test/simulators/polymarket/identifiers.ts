import { createHash } from 'node:crypto';

/**
 * Every id that the venue gives out, each a function of the seed and what it is for; that of a
 * transaction also of the start: one that is started anew with the same seed has the same markets,
 * and makes other trades in them.
 */
export class Identifiers {
  readonly #seed: number;
  readonly #startMs: number;

  constructor(seed: number, startMs: number) {
    this.#seed = seed;
    this.#startMs = startMs;
  }

  /** A uint256 in decimal, 77 or 78 digits: the highest bit is always set. */
  token(marketNumber: number, outcome: number): string {
    const digest = this.#digest(`token/${marketNumber}/${outcome}`);
    digest[0] = digest[0]! | 0x80;
    return BigInt(`0x${digest.toString('hex')}`).toString();
  }

  condition(marketNumber: number): string {
    return this.#hash(`condition/${marketNumber}`);
  }

  question(marketNumber: number): string {
    return this.#hash(`question/${marketNumber}`);
  }

  negRiskMarket(eventNumber: number): string {
    return this.#hash(`neg-risk/${eventNumber}`);
  }

  transaction(number: number): string {
    return this.#hash(`transaction/${this.#startMs}/${number}`);
  }

  wallet(role: 'taker' | 'maker', number: number): string {
    return `0x${this.#digest(`${role}/${number}`).toString('hex', 0, 20)}`;
  }

  #hash(of: string): string {
    return `0x${this.#digest(of).toString('hex')}`;
  }

  #digest(of: string): Buffer {
    return createHash('sha256').update(`${this.#seed}/${of}`).digest();
  }
}
