/** What a caller asks for, checked and completed. */
import type { HttpFailure } from './error.ts';
import type { Hop } from './redirect.ts';
import { isIdempotent } from './retry.ts';

/** A request as it is about to be sent; `sign` may change its URL and its headers. */
export interface Draft {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | null;
}

export interface HttpRequest {
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** In place of `body`: sent as JSON, with its content type. */
  readonly json?: unknown;
  /** Whether it may be sent twice. Default: by its method; POST and PATCH may not. */
  readonly idempotent?: boolean;
  /** Which statuses are an answer; every other is an error. Default: 200 to 299. */
  readonly expected?: (status: number) => boolean;
  /**
   * Called before each attempt: what carries a time or a signature has to be made afresh. Not called
   * for another origin that a redirect leads to.
   */
  readonly sign?: (draft: Draft) => void;
  /** Cancels it, whatever it is at. */
  readonly signal?: AbortSignal;
  /** For all of it: waiting, attempts, redirects, body. Default: that of the client. */
  readonly timeoutMs?: number;
  /** Default: that of the client. */
  readonly stallTimeoutMs?: number;
  readonly bodyBytesMax?: number;
}

export type Prepared =
  | {
      readonly ok: true;
      readonly hop: Hop;
      readonly mayRepeat: boolean;
      readonly expected: (status: number) => boolean;
    }
  | { readonly ok: false; readonly failure: HttpFailure; readonly reason: string };

export function prepare(
  address: string | URL,
  request: HttpRequest,
  headersOfClient: Readonly<Record<string, string>>,
): Prepared {
  const refused = (reason: string): Prepared => ({
    ok: false,
    failure: { kind: 'invalid' },
    reason,
  });
  if (!URL.canParse(String(address))) return refused('this is not a URL');
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refused(`"${url.protocol}" is neither http: nor https:`);
  if (url.username !== '' || url.password !== '')
    return refused('a user in the URL would be logged with it — send the header Authorization');
  const { json, body = null, headers = {}, idempotent } = request;
  if (json !== undefined && body !== null) return refused('it has both a body and json');
  const method = (request.method ?? 'GET').toUpperCase();
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  return {
    ok: true,
    hop: {
      method,
      url,
      headers: { ...lowerCased(headersOfClient), ...type, ...lowerCased(headers) },
      body: json === undefined ? body : JSON.stringify(json),
    },
    mayRepeat: isIdempotent(method, idempotent),
    expected: request.expected ?? ((status) => status >= 200 && status <= 299),
  };
}

/** So that those of a request take the place of the client's. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
