/** `/proc/net/dev`: proc_pid_net(5). Pure. */
import type { InterfaceCounters } from '../look.ts';
import { figureOf } from './figures.ts';

/** @param counts whether the interface of that name counts */
export function parseNetDev(
  text: string | null,
  counts: (name: string) => boolean,
): ReadonlyMap<string, InterfaceCounters> | null {
  if (text === null) return null;
  const interfaces = new Map<string, InterfaceCounters>();
  for (const [, name = '', rest = ''] of text.matchAll(/^ *([^\s|]+): *(\d.*)$/gm)) {
    const columns = rest.split(/ +/).map(figureOf);
    const [receivedBytes = null, sentBytes = null] = [columns[0], columns[8]];
    if (receivedBytes === null || sentBytes === null || !counts(name)) continue;
    interfaces.set(name, { receivedBytes, sentBytes });
  }
  return interfaces;
}
