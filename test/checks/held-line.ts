/** Passes text on as it comes, but for its last line. */
export class HeldLine {
  readonly #pass: (text: string) => void;
  #held = '';

  constructor(pass: (text: string) => void) {
    this.#pass = pass;
  }

  write(text: string): void {
    const known = this.#held + text;
    // The line break at the very end belongs to the last line.
    const begin = known.lastIndexOf('\n', known.length - 2) + 1;
    if (begin > 0) this.#pass(known.slice(0, begin));
    this.#held = known.slice(begin);
  }

  /** The last line, once no more text comes. */
  get rest(): string {
    return this.#held;
  }
}
