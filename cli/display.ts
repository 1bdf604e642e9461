/**
 * How text from outside is put on a terminal: what a module prints must neither move the cursor, nor
 * recolour the screen, nor break the alignment of a table.
 */

// The bidirectional controls reorder what a reader sees (CVE-2021-42574); U+2028 and U+2029 break lines.
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu; // eslint-disable-line no-control-regex

const namedEscapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Replaces control characters by visible escapes (`\n`, `\x1b`, `\u202e`), save those in `keep`. */
export function escapeControls(text: string, keep = ''): string {
  return text.replace(controls, (character) =>
    keep.includes(character) ? character : visibleEscape(character),
  );
}

/** The number of terminal columns of text without control characters. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/** Fills text with spaces to a width in columns; longer text stays as it is. */
export function padDisplay(text: string, columns: number, align: 'left' | 'right'): string {
  const fill = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return align === 'left' ? text + fill : fill + text;
}

/** Shortens text without control characters to a width in columns; an ellipsis says that it was. */
export function cutDisplay(text: string, columnsMax: number): string {
  if (displayWidth(text) <= columnsMax) return text;
  let kept = '';
  let columns = 1;
  for (const character of text) {
    columns += characterWidth(character);
    if (columns > columnsMax) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

function visibleEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = namedEscapes.get(character);
  if (named !== undefined) return named;
  return code <= 0xff
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;
const doubleWidth =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

function characterWidth(character: string): number {
  if (character <= '~') return 1;
  if (zeroWidth.test(character)) return 0;
  return doubleWidth.test(character) ? 2 : 1;
}
