/** Numbers that are only ever added, in a tenth of the memory of an array. */
export class NumberList<A extends Float64Array | Uint32Array | Uint8Array> {
  readonly #make: (length: number) => A;
  #values: A;
  #length = 0;

  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#values = make(16);
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    const value = index < this.#length ? this.#values[index] : undefined;
    if (value === undefined) throw new RangeError(`no entry ${index} of ${this.#length}`);
    return value;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const wider = this.#make(this.#length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = value;
  }

  /** The first index whose value is not below the bound; for lists that only rise. */
  firstFrom(bound: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#values[middle]! < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export const wholeNumbers = () => new NumberList((length) => new Uint32Array(length));
export const anyNumbers = () => new NumberList((length) => new Float64Array(length));
export const smallNumbers = () => new NumberList((length) => new Uint8Array(length));
