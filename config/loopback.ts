/** Which addresses never leave this machine. */
import { isIPv4 } from 'node:net';

/** A name other than localhost could resolve to anything by the time that it is used. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether what is sent to this URL can be read on no wire: `https:`, or `http:` to a loopback address. */
export function isPrivateUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  if (protocol === 'https:') return true;
  return protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}
