/** What views print, as lines of a screen of some width. */
import type { Paint } from '../../color.ts';
import type { Page } from '../../output.ts';
import { type Column, layoutTable } from '../../table.ts';

export class Lines implements Page {
  readonly paint: Paint;
  readonly lines: string[] = [];
  readonly #columns: number;

  constructor(columns: number, paint: Paint) {
    this.#columns = columns;
    this.paint = paint;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** Columns that do not fit are missed by nobody who can look at the details elsewhere. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    const { paint } = this;
    this.lines.push(...layoutTable(columns, rows, { columnsMax: this.#columns, paint }).lines);
  }
}
