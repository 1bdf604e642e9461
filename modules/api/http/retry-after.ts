/** A broken or hostile header must not silence us for years: no exchange bans for longer. */
const waitMsMax = 3 * 86_400_000;

/**
 * What the header `Retry-After` asks for (RFC 9110, 10.2.3: whole seconds, or an HTTP date), in
 * milliseconds from `nowMs`; 0 for a date that has passed, null where there is none or it is neither.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(waitMsMax, Number(text) * 1000);
  // Date.parse takes many things for a date, "-1" and "2.5" among them.
  if (!/^[A-Za-z]{3,9},? .*\d\d:\d\d:\d\d/.test(text)) return null;
  // The oldest of the three forms names no zone, and means the same one.
  const dateMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(dateMs) ? null : Math.min(waitMsMax, Math.max(0, dateMs - nowMs));
}
