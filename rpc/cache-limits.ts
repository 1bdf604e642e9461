/** How large a value of the cache may be: both sides of the wire look, and say the same. */
import { RpcError } from './errors.ts';

/** Of one value as JSON: with room for the rest, half of the message that brings it by default. */
export const valueBytesMax = 512 * 1024;

/** @throws RpcError `refused` when it is too large */
export function checkValueSize(key: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= valueBytesMax) return;
  throw new RpcError(
    'refused',
    `cannot cache the value of ${JSON.stringify(key)}: it has ${bytes} bytes of JSON, and ${valueBytesMax} are the most — keep it in parts, or in a file`,
    { reason: 'too_large', bytes, bytes_max: valueBytesMax },
  );
}
