/** The one file that knows node-fetch, which is dormant: what is asked of it here, others can do. */
import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import fetch, { FetchError } from 'node-fetch';

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

export interface WireAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it is on the wire: nothing is decompressed. Must be read to its end, or the agent destroyed. */
  readonly body: Readable;
}

/**
 * Sends one request and resolves with the head of the answer, whatever its status; no redirect is
 * followed. Rejects with a WireError. An abort ends it at any time, also while the body is read.
 */
export async function send(
  request: WireRequest,
  agent: Agent,
  signal: AbortSignal,
): Promise<WireAnswer> {
  const { method, url, headers, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers,
      body,
      agent,
      signal,
      redirect: 'manual',
      // Its own way takes a body that is cut off within gzip for a whole one, and knows no limit.
      compress: false,
      referrer: '',
    });
    return {
      status: response.status,
      headers: new Map(response.headers),
      body: response.body as Readable,
    };
  } catch (error) {
    throw wireError(error, url);
  }
}

/** What went wrong, without the URL that node-fetch puts into its messages. */
export class WireError extends Error {
  /** Node's, such as ECONNRESET or HPE_INVALID_CONSTANT; empty when it has none. */
  readonly code: string;
  /** The request is wrong itself: none was sent. */
  readonly isInvalid: boolean;

  constructor(message: string, code: string, isInvalid: boolean) {
    super(message);
    this.name = 'WireError';
    this.code = code;
    this.isInvalid = isInvalid;
  }
}

/** Also for what comes while a body is read. */
export function wireError(error: unknown, url: URL): WireError {
  if (!(error instanceof Error)) return new WireError('unknown', '', false);
  const { code = '' } = error as NodeJS.ErrnoException;
  const told = error.message.split('reason: ').at(-1) ?? '';
  const reason = [url.href, url.search, `${url.pathname}${url.search}`]
    .filter((secret) => secret.length > 1)
    .reduce((text, secret) => text.replaceAll(secret, '…'), told);
  const isInvalid = error instanceof TypeError && !(error instanceof FetchError);
  return new WireError(reason, code, isInvalid);
}
