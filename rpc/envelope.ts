/**
 * The envelope rules of JSON-RPC 2.0 (https://www.jsonrpc.org/specification, sections 4 to 6), pure:
 * what one line is, before anybody looks at methods. Stricter than the json-rpc-2.0 package, which
 * lets wrong ids and params through and dies of `[1, null]`.
 */
import { RpcError } from './errors.ts';
import { isNestedDeeperThan } from './nesting.ts';

export type Id = string | number | null;

/** A call as it was sent; a notification has no id. `auth` is our own top-level member. */
export interface CallItem {
  kind: 'call';
  id: Id | undefined;
  method: string;
  params: object | undefined;
  auth: unknown;
}

/** An answer to a call of ours. */
export interface ResponseItem {
  kind: 'response';
  id: unknown;
  outcome: { ok: true; result: unknown } | { ok: false; error: RpcError };
}

/** Something that goes no further and is answered with this error, unless it was a notification. */
export interface RefusedItem {
  kind: 'refused';
  id: Id | undefined;
  error: RpcError;
}

export type Item = CallItem | ResponseItem | RefusedItem;

/** One line: not JSON at all, one item, or the items of a batch. */
export type Message =
  { kind: 'not_json' } | { kind: 'single'; item: Item } | { kind: 'batch'; items: Item[] };

/** The most elements of a batch; a longer one is refused as a whole. */
export const batchLengthMax = 100;

const nestingMax = 128;

/** Reads one line. Never throws; a text nested deeper than 128 levels counts as not JSON. */
export function readMessage(text: string): Message {
  if (isNestedDeeperThan(nestingMax, text)) return { kind: 'not_json' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'not_json' };
    throw error;
  }
  if (!Array.isArray(value)) return { kind: 'single', item: readItem(value) };
  if (value.length === 0) return { kind: 'single', item: refused(null, 'the batch is empty') };
  if (value.length > batchLengthMax) {
    const problem = `a batch may have ${batchLengthMax} elements, this one has ${value.length}`;
    return { kind: 'single', item: refused(null, problem) };
  }
  return { kind: 'batch', items: value.map(readItem) };
}

/** Every member's name is one that no object inherits, so that what is there was sent. */
interface Members {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly auth?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function readItem(value: unknown): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(null, 'a message is an object');
  }
  const members: Members = value;
  const { id, method, params } = members;
  if (!('method' in members) && ('result' in members || 'error' in members)) {
    return readResponse(members);
  }
  const answerId = isId(id) ? id : null;
  if (members.jsonrpc !== '2.0') return refused(answerId, 'jsonrpc must be "2.0"');
  if (typeof method !== 'string') return refused(answerId, 'method must be a string');
  if ('id' in members && !isId(id)) return refused(null, idProblem);
  if ('params' in members && !isStructured(params)) {
    return refused(answerId, 'params must be an object or an array');
  }
  return {
    kind: 'call',
    id: 'id' in members ? answerId : undefined,
    method,
    params: isStructured(params) ? params : undefined,
    auth: members.auth,
  };
}

function readResponse({ id, error, result }: Members): ResponseItem {
  if (error === undefined) return { kind: 'response', id, outcome: { ok: true, result } };
  return { kind: 'response', id, outcome: { ok: false, error: readError(error) } };
}

function readError(error: unknown): RpcError {
  const { code, message, data }: { code?: unknown; message?: unknown; data?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  return new RpcError(
    typeof code === 'number' && Number.isInteger(code) ? code : 'internal',
    typeof message === 'string' ? message : 'the other side answered with a malformed error',
    data,
  );
}

function refused(id: Id, problem: string): RefusedItem {
  return {
    kind: 'refused',
    id,
    error: new RpcError('invalidRequest', `invalid request: ${problem}`),
  };
}

const idProblem = 'id must be a string, null or a number between -(2^53 - 1) and 2^53 - 1';

// A larger number would come back as another one: the caller could not match the answer to its call.
function isId(value: unknown): value is Id {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return value === null || typeof value === 'string';
}

function isStructured(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
