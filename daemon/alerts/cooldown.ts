/** After an alert its like is held back for a while, and counted. */

/** More kinds than modules times types will ever be; beyond it the oldest are forgotten. */
const kindsMax = 10_000;

export class Cooldown {
  readonly #told = new Map<string, { readonly atMs: number; heldBack: number }>();

  /** How many of this kind were held back since the last one that was told; null when this one is too. */
  pass(kind: string, nowMs: number, cooldownMs: number): number | null {
    const last = this.#told.get(kind);
    if (last && nowMs - last.atMs < cooldownMs) {
      last.heldBack += 1;
      return null;
    }
    // Deleted first, so that the map stays in the order of time.
    this.#told.delete(kind);
    this.#told.set(kind, { atMs: nowMs, heldBack: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > kindsMax && oldest !== undefined) this.#told.delete(oldest);
    return last?.heldBack ?? 0;
  }
}
