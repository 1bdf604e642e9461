/**
 * CSV as RFC 4180 has it: fields with a comma, a quote or a line break are quoted, lines end in CRLF.
 * Pure.
 *
 * Text that a spreadsheet would take for a formula gets an apostrophe before it, since what traders
 * collect comes from strangers: `=HYPERLINK(…)` as the name of a market is run by whoever opens the
 * file. Numbers stay as they are, negative ones too.
 */
export type CsvValue = string | number | boolean | null;

export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: CsvValue): string {
  if (value === null) return '';
  const text = String(value);
  const safe = isFormula(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function isFormula(text: string): boolean {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
}
