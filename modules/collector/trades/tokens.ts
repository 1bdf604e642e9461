import type { Token } from '../rows.ts';

/** Tokens of this run that are remembered: those of a few tens of thousands of markets. */
const rememberedMax = 100_000;

/** The tokens that are followed, and those that were: what is missing of a gap may be of either. */
export class Tokens {
  #active: ReadonlySet<string> = new Set();
  readonly #known = new Map<string, Token>();

  get activeCount(): number {
    return this.#active.size;
  }

  /** From now on these are active. */
  activate(tokens: readonly Token[]): void {
    this.#active = new Set(tokens.map(({ tokenId }) => tokenId));
    this.remember(tokens);
  }

  /** For gaps of which nobody knows whose they are. */
  remember(tokens: readonly Token[]): void {
    for (const token of tokens) {
      // Last again, so that the oldest to be of use are the first to go.
      this.#known.delete(token.tokenId);
      this.#known.set(token.tokenId, token);
    }
    for (const tokenId of this.#known.keys()) {
      if (this.#known.size <= Math.max(rememberedMax, this.#active.size)) return;
      if (!this.#active.has(tokenId)) this.#known.delete(tokenId);
    }
  }

  active(): string[] {
    return [...this.#active];
  }

  /** Those of the ids that are known; all of them when null. */
  of(tokenIds: readonly string[] | null): Token[] {
    if (tokenIds === null) return [...this.#known.values()];
    return tokenIds.flatMap((tokenId) => this.#known.get(tokenId) ?? []);
  }
}
