/** Which server, and how a session with it begins. */
import { createConnection } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import { DatabaseError } from './error.ts';
import { rowTypes } from './row-types.ts';

export interface ServerOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly schema: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** What pg knows of a session but does not say in its types. */
export interface Backend {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

export class Server {
  readonly #config: ClientConfig;
  readonly #address: { readonly path: string } | { readonly host: string; readonly port: number };
  /** For messages: without user and password. */
  readonly display: string;

  /** Throws `not_configured`. */
  constructor({ url, ...options }: ServerOptions) {
    const { statementTimeoutMs } = options;
    this.#config = {
      connectionString: url,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
      // Of all times that are written: what is read is the same moment in every zone.
      options: `-c search_path=${escapedOption(quoted(options.schema))} -c timezone=UTC`,
      types: rowTypes,
    };
    const { host, port, database } = this.#example(url);
    const isFolder = host.startsWith('/');
    this.#address = isFolder ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
    this.display = `the database "${database}" at ${isFolder ? host : `${host}:${port}`}`;
  }

  client(): Client {
    return new Client(this.#config);
  }

  /**
   * Asks the server to end what the session runs. Resolves when the server has passed that on, or
   * cannot be asked: whether it helped shows in the session alone.
   * Source: https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
   */
  async cancel({ processID, secretKey }: Backend, timeoutMs: number): Promise<void> {
    if (processID === null || secretKey === null) return;
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE((1234 << 16) | 5678, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    await new Promise<void>((resolve) => {
      const socket = createConnection(this.#address, () => socket.end(request));
      socket.setTimeout(timeoutMs, () => socket.destroy());
      // Its end is all there is to know: a server that is away has ended the session as well.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => resolve());
      socket.resume();
    });
  }

  #example(url: string): { host: string; port: number; database: string } {
    if (!/^postgres(ql)?:\/\//.test(url))
      throw notConfigured('it does not begin with postgresql://');
    try {
      const { host, port, database } = this.client();
      return { host, port, database: database ?? '' };
    } catch {
      // What pg says of it would quote it, with its password.
      throw notConfigured('it is not a URL');
    }
  }
}

/** An SQL identifier, whatever is in it. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** In the `options` of a session blanks and backslashes are escaped. */
function escapedOption(text: string): string {
  return text.replaceAll(/[\\ ]/g, String.raw`\$&`);
}

function notConfigured(why: string): DatabaseError {
  return new DatabaseError(
    'not_configured',
    `cannot use the database URL: ${why} — expected postgresql://user:password@host:5432/database or postgresql://user:password@/database?host=/folder`,
  );
}
