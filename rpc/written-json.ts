/** A result that is JSON already: it goes into the answer as it is, without being read again. */
export class WrittenJson {
  readonly text: string;

  /** @param text JSON, in one line */
  constructor(text: string) {
    this.text = text;
  }
}
