/**
 * YAML text to plain values, with the position of each. The tree is walked here rather than by the
 * library because three things are needed that its `toJS` does not give: where every value stands,
 * which values came in through `${}`, and a bound on what aliases expand to.
 */
import { basename } from 'node:path';
import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, Pair, YAMLParseError } from 'yaml';
import { interpolate } from './interpolate.ts';
import { tooDeepAt } from './nesting.ts';
import { pathText } from './problems.ts';
import type { Path, Problem } from './problems.ts';

type SyntaxMistake = Pick<YAMLParseError, 'message' | 'pos'> & { readonly code: string };

const depthMax = 32;
const tooDeep = `is nested too deeply, expected at most ${depthMax} levels`;
const syntaxMistakesMax = 50;
// Far above any real configuration, far below what a nest of aliases expands to.
const valuesMax = 20_000;

export interface ReadDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** False when the text could not be parsed to its end: then there is no value to judge. */
  readonly isParsed: boolean;
  /** A problem at the value, or the key, of this path, or of the nearest one that is in the file. */
  readonly problemAt: (path: Path, at: 'key' | 'value', message: string) => Problem;
  /** Whether the value of this path came in through `${}` and must be masked. */
  readonly isInterpolated: (path: Path) => boolean;
}

/** Never throws, whatever the text. References are replaced from `lookup`. */
export function readDocument(
  text: string,
  file: string,
  lookup: (name: string) => string | undefined,
): ReadDocument {
  return new Reader(text, file, lookup).read();
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  readonly #lookup: (name: string) => string | undefined;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  readonly #offsets = new Map<string, { readonly key: number; readonly value: number }>();
  readonly #interpolated = new Set<string>();
  readonly #anchors = new Map<string, { readonly node: Node; open: boolean }>();
  #values = 0;

  constructor(text: string, file: string, lookup: (name: string) => string | undefined) {
    this.#text = text;
    this.#file = file;
    this.#lookup = lookup;
  }

  read(): ReadDocument {
    const value = this.#value();
    const isParsed = value !== undefined;
    if (this.#values > valuesMax)
      this.#report('', 0, `has more than ${valuesMax} values, counting what aliases repeat`);
    return {
      value,
      problems: this.#problems,
      isParsed,
      problemAt: (path, at, message) =>
        this.#problem(pathText(path), this.#offset(path, at), message),
      isInterpolated: (path) => this.#interpolated.has(pathText(path)),
    };
  }

  #value(): unknown {
    const deep = tooDeepAt(this.#text, depthMax);
    if (deep !== null) {
      // The parser, which will not run, would have done this.
      for (const newLine of this.#text.slice(0, deep).matchAll(/^/gm))
        this.#lines.addNewLine(newLine.index);
      this.#report('', deep, tooDeep);
      return undefined;
    }
    // uniqueKeys compares every pair of keys: 1 MB of them took 14 s. The walk finds duplicates too.
    const document = parseDocument(this.#text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      schema: 'core',
      resolveKnownTags: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const mistakes: SyntaxMistake[] = [...document.errors, ...document.warnings];
    const telling = mistakes.filter((mistake, index) => index === 0 || !isConsequence(mistake));
    for (const mistake of telling.slice(0, syntaxMistakesMax)) this.#reportSyntax(mistake);
    const nul = this.#text.indexOf('\0');
    if (nul !== -1) this.#report('', nul, 'has a NUL byte, expected text');
    // After a syntax error the rest of the tree is a guess: what it says would only mislead.
    if (this.#problems.length > 0) return undefined;
    if (document.contents !== null) return this.#visit(document.contents, []);
    this.#report('', 0, `is empty, expected the key "${basename(this.#file, '.yaml')}"`);
    return undefined;
  }

  #reportSyntax({ code, message, pos }: SyntaxMistake): void {
    const { line } = this.#lines.linePos(pos[0]);
    const written = this.#text.split('\n', line)[line - 1] ?? '';
    this.#report('', pos[0], syntaxMessage(code, message, written));
  }

  #visit(node: Node | null, path: Path): unknown {
    this.#values++;
    if (node === null || this.#values > valuesMax) return null;
    if (isAlias(node)) return this.#visitAlias(node.source, node.range?.[0], path);
    if (path.length > depthMax) {
      this.#report(pathText(path), node.range?.[0], tooDeep);
      return null;
    }
    const name = isCollection(node) || isScalar(node) ? node.anchor : undefined;
    if (name === undefined) return this.#visitContent(node, path);
    const anchor = { node, open: true };
    this.#anchors.set(name, anchor);
    const value = this.#visitContent(node, path);
    anchor.open = false;
    return value;
  }

  #visitContent(node: Node, path: Path): unknown {
    if (isMap(node)) return this.#visitMap(node.items as Pair<Node, Node | null>[], path);
    if (isSeq(node))
      return node.items.map((item, index) => {
        const child = item as Node;
        const offset = child.range?.[0] ?? 0;
        const childPath = [...path, index];
        this.#offsets.set(pathText(childPath), { key: offset, value: offset });
        return this.#visit(child, childPath);
      });
    return isScalar(node) ? this.#visitScalar(node.value, node.range?.[0], path) : null;
  }

  #visitMap(pairs: readonly Pair<Node, Node | null>[], path: Path): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    for (const { key: keyNode, value: valueNode } of pairs) {
      const key = isScalar(keyNode) ? keyNode.value : undefined;
      const offset = keyNode.range?.[0] ?? 0;
      if (typeof key !== 'string') {
        this.#report(
          pathText(path),
          offset,
          'a key here is not text, expected a name, in quotes if it looks like a number',
        );
        continue;
      }
      const childPath = [...path, key];
      const name = pathText(childPath);
      const refusal = keyRefusal(key) ?? this.#duplicate(mapping, key, name);
      if (refusal !== null) {
        this.#report(name, offset, refusal);
        continue;
      }
      this.#offsets.set(name, { key: offset, value: valueNode?.range?.[0] ?? offset });
      mapping[key] = this.#visit(valueNode, childPath);
    }
    return mapping;
  }

  #visitScalar(value: unknown, offset: number | undefined, path: Path): unknown {
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
      this.#report(pathText(path), offset, 'is too large to be exact, expected quotes around it');
    if (typeof value === 'number' && !Number.isFinite(value))
      this.#report(pathText(path), offset, `found ${value}, expected a finite number`);
    if (typeof value !== 'string') return value;
    const { text, replaced, problems } = interpolate(value, this.#lookup);
    if (replaced) this.#interpolated.add(pathText(path));
    for (const problem of problems) this.#report(pathText(path), offset, problem);
    if (text.includes('\0'))
      this.#report(pathText(path), offset, 'has a NUL character, expected text');
    return text;
  }

  #visitAlias(name: string, offset: number | undefined, path: Path): unknown {
    const anchor = this.#anchors.get(name);
    if (!anchor) {
      this.#report(pathText(path), offset, `the alias *${name} has no anchor &${name} before it`);
      return null;
    }
    if (anchor.open) {
      this.#report(pathText(path), offset, `the alias *${name} contains itself`);
      return null;
    }
    return this.#visit(anchor.node, path);
  }

  #duplicate(mapping: object, key: string, name: string): string | null {
    if (!Object.hasOwn(mapping, key)) return null;
    const { line } = this.#lines.linePos(this.#offsets.get(name)?.key ?? 0);
    return `is given twice, expected it only once (first on line ${line})`;
  }

  #offset(path: Path, at: 'key' | 'value'): number {
    const own = this.#offsets.get(pathText(path));
    if (own) return own[at];
    // Something that is missing is reported where it should have been.
    return path.length === 0 ? 0 : this.#offset(path.slice(0, -1), 'key');
  }

  #report(key: string, offset: number | undefined, message: string): void {
    this.#problems.push(this.#problem(key, offset ?? 0, message));
  }

  #problem(key: string, offset: number, message: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1), key, message };
  }
}

function keyRefusal(key: string): string | null {
  // Assigned to, it would replace the mapping's prototype; every other name becomes an own key.
  if (key === '__proto__') return 'is not allowed as a key, expected another name';
  return key === '<<' ? 'is not supported, expected the keys written out, or an alias' : null;
}

// Once the parser has lost its place it refuses each token up to the end of the file.
function isConsequence({ code, message }: SyntaxMistake): boolean {
  return code === 'RESOURCE_EXHAUSTION' || message.includes('token in YAML stream');
}

function syntaxMessage(code: string, message: string, line: string): string {
  if (code === 'RESOURCE_EXHAUSTION') return tooDeep;
  if (code === 'MULTIPLE_DOCS') return 'has a second document after "---", expected only one';
  const hint = /[{[].*\$\{/.test(line) ? ' — inside { } and [ ] put "${NAME}" in quotes' : '';
  // Like our own messages: on one line, without control characters, a small letter first.
  const told = message.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return `is not valid YAML: ${told.charAt(0).toLowerCase()}${told.slice(1)}${hint}`;
}
