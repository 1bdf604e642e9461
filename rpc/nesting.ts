/**
 * Whether a JSON text nests arrays and objects deeper than `levels`. Looked at before parsing:
 * JSON.parse itself survives any depth, but validating, printing or forwarding the result recurses
 * and would overflow the stack somewhere less prepared for it.
 */
export function isNestedDeeperThan(levels: number, text: string): boolean {
  if (hasAtMost(levels, text)) return false;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === backslash) at += 1;
      else if (code === quote) isInString = false;
    } else if (code === quote) {
      isInString = true;
    } else if (code === openBracket || code === openBrace) {
      depth += 1;
      if (depth > levels) return true;
    } else if (code === closeBracket || code === closeBrace) {
      depth -= 1;
    }
  }
  return false;
}

/** Whether so few brackets open at all, in strings or not: a search for them is far faster. */
function hasAtMost(levels: number, text: string): boolean {
  if (text.length <= levels) return true;
  let count = 0;
  for (const open of ['{', '[']) {
    for (let at = text.indexOf(open); at !== -1; at = text.indexOf(open, at + 1)) {
      count += 1;
      if (count > levels) return false;
    }
  }
  return true;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
