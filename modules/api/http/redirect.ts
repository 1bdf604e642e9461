/** Where a redirect leads, and what may be carried there: pure. */

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

export type Redirect =
  | { readonly kind: 'none' }
  | { readonly kind: 'follow'; readonly hop: Hop; readonly isSameOrigin: boolean }
  | { readonly kind: 'refuse'; readonly because: string };

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What is no secret whatever it holds. Everything else stays with the origin that it was meant for. */
const carriedHeaders: ReadonlySet<string> = new Set(['accept', 'accept-language', 'user-agent']);

/**
 * Only what reads is followed: nobody wants an order sent to another address than his own. Of the
 * headers another origin gets none that could hold a secret; nothing leads from https to http.
 */
export function redirect(from: Hop, status: number, location: string | undefined): Redirect {
  if (!redirectStatuses.has(status) || location === undefined) return { kind: 'none' };
  if (from.method !== 'GET' && from.method !== 'HEAD')
    return { kind: 'refuse', because: `a ${from.method} is not sent to another address` };
  const url = URL.canParse(location, from.url.href) ? new URL(location, from.url) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return { kind: 'refuse', because: 'the address is not a URL of HTTP' };
  if (from.url.protocol === 'https:' && url.protocol === 'http:')
    return { kind: 'refuse', because: 'it leads from https to http' };
  if (url.username !== '' || url.password !== '')
    return { kind: 'refuse', because: 'the address names a user' };
  const isSameOrigin = url.origin === from.url.origin;
  const headers = isSameOrigin ? from.headers : withoutSecrets(from.headers);
  return { kind: 'follow', hop: { ...from, url, headers }, isSameOrigin };
}

function withoutSecrets(headers: Hop['headers']): Hop['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => carriedHeaders.has(name.toLowerCase())),
  );
}
