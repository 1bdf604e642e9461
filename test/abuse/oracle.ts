/**
 * What one received line must be answered with, worked out from the specification
 * (https://www.jsonrpc.org/specification) and the user's contract alone, knowing nothing of the code
 * under test. It knows the methods that the suites call, and takes every other name for unknown.
 */

/** One answer: its id and its error's code, or `ok`. */
export interface Answer {
  readonly id: unknown;
  readonly outcome: number | 'ok';
}

/** Nothing, one answer, or the answers of a batch in any order. */
export type Expected = null | Answer | readonly Answer[];

export interface Oracle {
  /** The module that exists. */
  readonly module: string;
  /** Whether a top-level member `auth` is valid. */
  isAuth(auth: unknown): boolean;
}

const parseError: Answer = { id: null, outcome: -32700 };
const invalid = (id: unknown = null): Answer => ({ id, outcome: -32600 });

/** Deeper texts are treated as broken: no call has a use for them. */
const levelsMax = 128;
const batchMax = 100;

export function expectedFor(line: Buffer, oracle: Oracle): Expected {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line));
  } catch {
    // Neither UTF-8 nor JSON: section 5.1, "Invalid JSON was received by the server".
    return parseError;
  }
  if (levelsOf(value) > levelsMax) return parseError;
  if (!Array.isArray(value)) return forElement(value, oracle);
  if (value.length === 0 || value.length > batchMax) return invalid();
  const answers = value.flatMap((element) => forElement(element, oracle) ?? []);
  // Section 6: "the server MUST NOT return an empty Array and should return nothing at all".
  return answers.length === 0 ? null : answers;
}

function forElement(value: unknown, oracle: Oracle): Answer | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid();
  const has = (key: string): boolean => Object.hasOwn(value, key);
  const { jsonrpc, id, method, params, auth } = value as Record<string, unknown>;
  // An answer to a call of the server's, whoever made it up: answering it could go on for ever.
  if (!has('method') && (has('result') || has('error'))) return null;
  const isIdGood = !has('id') || isId(id);
  const isValid =
    jsonrpc === '2.0' &&
    typeof method === 'string' &&
    isIdGood &&
    (!has('params') || (typeof params === 'object' && params !== null));
  // Section 5: the id of an invalid request where it can be told, else null; also without an id.
  if (!isValid) return invalid(has('id') && isIdGood ? id : null);
  if (!has('id')) return null;
  if (has('auth') && !oracle.isAuth(auth)) return { id, outcome: -32001 };
  return { id, outcome: outcomeOf(method, has('params') ? params : {}, oracle) };
}

/** String, number or null; a number that JSON readers do not agree on could not be answered. */
function isId(id: unknown): boolean {
  if (typeof id === 'number') return Math.abs(id) <= Number.MAX_SAFE_INTEGER;
  return id === null || typeof id === 'string';
}

function outcomeOf(method: string, params: unknown, { module }: Oracle): number | 'ok' {
  const keys = Object.keys(params as object);
  if (method === 'module.list') return isNamed(params) && keys.length === 0 ? 'ok' : -32602;
  if (method === 'module.status') {
    const named = (params as { module?: unknown }).module;
    const isFit = isNamed(params) && keys.length === 1 && keys[0] === 'module';
    if (!isFit || typeof named !== 'string') return -32602;
    return named === module ? 'ok' : -32002;
  }
  return -32601;
}

function isNamed(params: unknown): boolean {
  return !Array.isArray(params);
}

function levelsOf(value: unknown): number {
  let levels = 0;
  let layer: unknown[] = [value];
  for (;;) {
    layer = layer.filter((each) => typeof each === 'object' && each !== null);
    if (layer.length === 0) return levels;
    levels += 1;
    layer = layer.flatMap((each) => Object.values(each as object) as unknown[]);
  }
}

/** One text per line that is to be answered, the same for the same answers in whatever order. */
export function expectedTexts(lines: readonly Buffer[], oracle: Oracle): string[] {
  return lines.flatMap((line) => canonical(expectedFor(line, oracle)) ?? []).sort();
}

/** The same for what was received; throws on what is no JSON-RPC answer. */
export function receivedTexts(received: string): string[] {
  const lines = received.split('\n');
  if (lines.pop() !== '') throw new Error(`the last answer is cut off: ${received.slice(-200)}`);
  return lines.flatMap((line) => canonical(readAnswers(JSON.parse(line))) ?? []).sort();
}

function readAnswers(value: unknown): Answer | Answer[] {
  if (Array.isArray(value)) return value.map(readAnswer);
  return readAnswer(value);
}

function readAnswer(value: unknown): Answer {
  const { jsonrpc, id, error, ...rest } = value as Record<string, unknown>;
  const { code, message } = (error ?? {}) as { code?: number; message?: string };
  const isError = Number.isInteger(code) && typeof message === 'string' && !('result' in rest);
  const isResult = error === undefined && 'result' in rest;
  const isAlone = Object.keys(rest).every((key) => key === 'result');
  if (jsonrpc !== '2.0' || id === undefined || !isAlone || isError === isResult) {
    throw new Error(`this is no answer: ${JSON.stringify(value).slice(0, 500)}`);
  }
  return { id, outcome: isError ? code! : 'ok' };
}

function canonical(answers: Expected): string | null {
  if (answers === null) return null;
  if (!Array.isArray(answers)) return text(answers as Answer);
  return `[${answers.map(text).sort().join(', ')}]`;
}

function text({ id, outcome }: Answer): string {
  return `${JSON.stringify(id)} → ${outcome}`;
}
