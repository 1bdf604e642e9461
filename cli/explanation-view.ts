import type { Explanation, JournalEntry } from '../rpc/shapes.ts';
import { escapeControls } from './display.ts';
import { stateStyle } from './module-view.ts';
import type { Output } from './output.ts';

/** Enough for the last crashes, and not more than one takes in at a glance. */
const entriesShown = 12;
const outputLinesShown = 5;

/** The last entries, or all of them; what the module printed before its last end; what to do. */
export function showExplanation(
  { module, state, entries, advice }: Explanation,
  output: Output,
  isAll: boolean,
): void {
  const style = stateStyle(state);
  const painted = style === undefined ? state : output.paint(style, state);
  output.line(`${output.paint('bold', escapeControls(module))}  ${painted}`);
  const shown = isAll ? entries : entries.slice(-entriesShown);
  const lastExit = shown.findLast(({ data }) => linesOf(data).length > 0);
  if (shown.length === 0) output.note('nothing is recorded for this time');
  for (const entry of shown) {
    showEntry(entry, output);
    if (entry !== lastExit) continue;
    for (const line of linesOf(entry.data).slice(-outputLinesShown)) {
      output.line(`    | ${escapeControls(line, '\t')}`);
    }
  }
  output.line(`  what to do: ${escapeControls(advice)}`);
  const hidden = entries.length - shown.length;
  if (hidden > 0) output.note(`(${hidden} entries before these: --since 1d shows more)`);
}

function showEntry({ time, kind, text }: JournalEntry, output: Output): void {
  const isBad = kind === 'alert' || kind === 'lost' || kind === 'pause';
  const told = escapeControls(text);
  const when = output.paint('dim', escapeControls(time));
  output.line(
    `  ${when}  ${escapeControls(kind).padEnd(7)}  ${isBad ? output.paint('red', told) : told}`,
  );
}

/** Last lines of output, as an entry of kind `exit` has them. */
function linesOf({ output }: JournalEntry['data']): string[] {
  return Array.isArray(output) ? output.filter((line) => typeof line === 'string') : [];
}
