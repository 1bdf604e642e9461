/** One question to a server on a connection of its own, with an end to every wait. */
import pg from 'pg';

export type Row = Readonly<Record<string, unknown>>;

const connectMs = 3000;

/** Rejects with the driver's error, whose `code` is an SQLSTATE or one of the system's. */
export async function ask(
  url: string,
  text: string,
  { database, timeoutMs = 5000 }: { database?: string; timeoutMs?: number } = {},
): Promise<readonly Row[]> {
  const client = new pg.Client({
    ...(database === undefined ? { connectionString: url } : { ...addressOf(url), database }),
    application_name: 'superbot database',
    connectionTimeoutMillis: connectMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
  });
  // The connection may break while nothing is asked; what is asked then fails by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

export interface Address {
  /** A folder for a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** What the driver reads in a URL; nothing is connected. */
export function addressOf(url: string): Address & { readonly database: string } {
  const { host, port, user = '', password, database = '' } = new pg.Client(url);
  return { host, port, user, password: password ?? '', database };
}

/** Why a server cannot be asked at present, though it may be soon: it is not there, or starts. */
export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // The driver's own deadlines have no code.
  if (code === undefined)
    return typeof message === 'string' && /time(d )?out|terminated/i.test(message);
  return typeof code === 'string' && awayCodes.has(code);
}

// No socket, nobody at it; and SQLSTATE cannot_connect_now: it starts, recovers or ends.
const awayCodes = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', '57P03']);

/** SQLSTATE invalid_password. */
export function isWrongPassword(error: unknown): boolean {
  return (error as { code?: unknown }).code === '28P01';
}
