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
