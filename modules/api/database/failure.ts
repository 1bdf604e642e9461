/** What went wrong, told by what pg throws: pure. */
import { DatabaseError, type DatabaseErrorKind } from './error.ts';

/** Where it went wrong decides whether anything may have been changed. */
export type Phase =
  /** No connection yet: nothing was sent. */
  | 'connect'
  /** Sent, outside of a transaction or as its COMMIT. */
  | 'statement'
  /** Within a transaction, which ends with its connection. */
  | 'within_transaction';

/**
 * An error of pg, of the system or of PostgreSQL as a DatabaseError; one that is one already as it is.
 * @param what such as `run a statement in the database superbot at /run/sb`
 */
export function databaseError(error: unknown, what: string, phase: Phase): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { message, code } = readable(error);
  const sqlState = sqlStatePattern.test(code) ? code : null;
  const kind = sqlState === null ? unspoken(code, phase) : spoken(sqlState, phase);
  const known = {
    sqlState,
    mayHaveHappened:
      phase === 'statement' && (kind === 'lost' || sqlState?.startsWith('XX') === true),
    cause: error,
  };
  return new DatabaseError(kind, `cannot ${what}: ${message}${advice(kind, sqlState)}`, known);
}

/** Whether another attempt could end better, after a while, without anybody doing anything. */
export function mayPass(kind: DatabaseErrorKind): boolean {
  return passing.has(kind);
}

const passing: ReadonlySet<DatabaseErrorKind> = new Set([
  'unavailable',
  'lost',
  'timeout',
  'pool_exhausted',
  'conflict',
  'resources',
]);

/**
 * Each has a digit, as EPIPE has not.
 * Source: https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const sqlStatePattern = /^(?=.*\d)[0-9A-Z]{5}$/;

function spoken(sqlState: string, phase: Phase): DatabaseErrorKind {
  switch (sqlState) {
    case '40001': // serialization_failure
    case '40P01': // deadlock_detected
      return 'conflict';
    case '55P03': // lock_not_available
    case '57014': // query_canceled, by the server's own limit: ours are told apart by the signal
      return 'timeout';
    case '57P03': // cannot_connect_now
      return 'unavailable';
    case '53300': // too_many_connections
      return phase === 'connect' ? 'unavailable' : 'resources';
    case '57P01': // admin_shutdown
    case '57P02': // crash_shutdown
    case '57P05': // idle_session_timeout
    case '25P03': // idle_in_transaction_session_timeout
      return phase === 'connect' ? 'unavailable' : 'lost';
    default:
      return ofClass(sqlState.slice(0, 2), phase);
  }
}

function ofClass(sqlClass: string, phase: Phase): DatabaseErrorKind {
  switch (sqlClass) {
    case '08': // connection exception
      return phase === 'connect' ? 'unavailable' : 'lost';
    case '22': // data exception
    case '23': // integrity constraint violation
    case '54': // program limit exceeded, such as a value too long for an index
    case 'P0': // raised by a trigger
      return 'data';
    case '53': // insufficient resources
    case '58': // system error, such as of a disk
      return 'resources';
    default:
      return 'refused';
  }
}

/** EACCES is a socket of somebody else, and the codes of OpenSSL are about certificates. */
const permanentCodes = /^(EACCES|ERR_|CERT_|DEPTH_|SELF_|UNABLE_)/;

function unspoken(code: string, phase: Phase): DatabaseErrorKind {
  if (phase !== 'connect') return 'lost';
  return permanentCodes.test(code) ? 'refused' : 'unavailable';
}

function advice(kind: DatabaseErrorKind, sqlState: string | null): string {
  if (sqlState === '28P01') return ' — check the password in the database URL';
  if (kind === 'unavailable') return ' — does the server run? superbot-cli db status tells';
  return sqlState === null ? '' : ` (${sqlState})`;
}

function readable(error: unknown): { message: string; code: string } {
  // Of several addresses that were tried, Node joins the errors into one without words.
  const first =
    error instanceof AggregateError && error.message === '' ? (error.errors[0] as unknown) : error;
  if (!(first instanceof Error)) return { message: String(first), code: '' };
  const { code } = first as { code?: unknown };
  return { message: first.message, code: typeof code === 'string' ? code : '' };
}
