import { Lexer } from 'yaml';

/**
 * Where brackets first nest deeper than this, as an offset, or null. Asked before parsing: the
 * parser is recursive and gets out of too deep a text only by exhausting the stack, again and again.
 */
export function tooDeepAt(text: string, depthMax: number): number | null {
  let depth = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    if (token === ']' || token === '}') depth--;
    if (depth > depthMax) return offset;
    if (!lexerMarks.has(token)) offset += token.length;
  }
  return null;
}

// Tokens that the lexer adds between those of the text: document, error in a flow, scalar.
const lexerMarks = new Set(['\u0002', '\u0018', '\u001f']);
