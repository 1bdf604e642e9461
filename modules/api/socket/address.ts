/** Where a connection goes, and what of that may be shown. */
import { percentDecoded } from '../../../rpc/percent.ts';
import type { Headers, SocketTarget } from './options.ts';

export interface Target {
  readonly url: URL;
  readonly headers: Headers;
}

/** Address and headers of the next connection; rejects when the address is none of a WebSocket. */
export async function readTarget<Message>(from: SocketTarget<Message>): Promise<Target> {
  const { url, headers = {} } = from;
  const [text, given] = await Promise.all([
    typeof url === 'function' ? url() : url,
    typeof headers === 'function' ? headers() : headers,
  ]);
  return { url: webSocketUrl(text), headers: given };
}

/** The address is not shown in the error: it may carry a token. */
export function webSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ['ws:', 'wss:'].includes(url.protocol) && url.hash === '') return url;
  throw new TypeError('its address is not one of a WebSocket — it looks like wss://host/path');
}

/**
 * What may be shown of an address: scheme, host and port. Paths carry listen keys, queries carry
 * tokens, and some addresses a password.
 */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}`;
}

/** Shorter ones would also hide ordinary words: `v=3`. */
const secretLengthMin = 6;

/** What a server may say back to us of a request, and nobody else shall read. */
export function secretsOf(url: URL, headers: Readonly<Record<string, string>>): readonly string[] {
  const ofPath = url.pathname.split('/');
  const ofHeaders = Object.values(headers).flatMap((value) => [value, ...value.split(' ')]);
  const plain = [url.username, url.password, ...ofPath, ...url.searchParams.values(), ...ofHeaders];
  const all = plain.flatMap((secret) => [
    secret,
    percentDecoded(secret),
    encodeURIComponent(secret),
  ]);
  const long = new Set(all.filter(({ length }) => length >= secretLengthMin));
  return [...long].sort((a, b) => b.length - a.length);
}

/** The text of a stranger, in one short line without control characters and without the secrets. */
export function shownText(text: string, secrets: readonly string[], lengthMax: number): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, '[hidden]');
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  shown = shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim();
  return shown.length > lengthMax ? `${shown.slice(0, lengthMax)}…` : shown;
}
