/** What a terminal shows of the bytes that it gets: those control sequences that our programs write. */
export interface ScreenCell {
  readonly character: string;
  /** The number of the foreground colour in SGR, such as 31 for red; null for the usual one. */
  readonly color: number | null;
}

type Place = [line: number, column: number];

export class TerminalScreen {
  rows: number;
  /** Private modes that are set, such as 1049 for the alternate screen and 25 for the cursor. */
  readonly modes = new Set<number>([25, 7]);
  #cells: ScreenCell[][] = [];
  #place: Place = [0, 0];
  #color: number | null = null;
  #pending = '';

  constructor(rows: number) {
    this.rows = rows;
  }

  take(part: string): void {
    let rest = this.#pending + part;
    for (;;) {
      // eslint-disable-next-line no-control-regex
      const match = /^(?:\u001b\[([?\d;]*)([A-Za-z])|([^\u001b]))/u.exec(rest);
      if (match === null) break;
      const [all, args = '', final, character] = match;
      if (final !== undefined) this.#control(args, final);
      else if (character !== undefined) this.#put(character);
      rest = rest.slice(all.length);
    }
    this.#pending = rest;
  }

  /** Between the begin and the end of a picture: DEC mode 2026. */
  get isBeingDrawn(): boolean {
    return this.modes.has(2026);
  }

  lines(): string[] {
    return this.#cells.map((line) =>
      line
        .map(({ character }) => character)
        .join('')
        .trimEnd(),
    );
  }

  text(): string {
    return this.lines().join('\n');
  }

  /** The colours of the first place where this stands; empty where it does not. */
  colorsOf(wanted: string): Set<number | null> {
    for (const [index, line] of this.lines().entries()) {
      const at = line.indexOf(wanted);
      const cells = this.#cells[index]?.slice(at, at + wanted.length) ?? [];
      if (at >= 0) return new Set(cells.map(({ color }) => color));
    }
    return new Set();
  }

  #put(character: string): void {
    const [line, column] = this.#place;
    if (character === '\r') this.#place = [line, 0];
    else if (character === '\n') this.#place = [line + 1, column];
    else {
      const cells = (this.#cells[line] ??= []);
      while (cells.length < column) cells.push({ character: ' ', color: null });
      cells[column] = { character, color: this.#color };
      this.#place = [line, column + 1];
    }
  }

  #control(args: string, final: string): void {
    const [line, column] = this.#place;
    switch (final) {
      case 'H':
        this.#place = [0, 0];
        break;
      case 'K':
        this.#cells[line]?.splice(column);
        break;
      case 'J':
        this.#cells[line]?.splice(column);
        this.#cells.splice(line + 1);
        break;
      case 'm':
        for (const code of args.split(';').map(Number)) {
          if (code >= 30 && code <= 37) this.#color = code;
          else if (code === 39 || code === 0) this.#color = null;
        }
        break;
      case 'h':
      case 'l':
        this.#switch(Number(args.slice(1)), final === 'h');
        break;
      default:
        throw new Error(
          `the program wrote a sequence that is not known here: ESC [ ${args}${final}`,
        );
    }
  }

  #switch(mode: number, isOn: boolean): void {
    if (isOn) this.modes.add(mode);
    else this.modes.delete(mode);
    // What was shown there before is another program's.
    if (mode === 1049) this.#cells = [];
  }
}
