import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new token: 32 random bytes in hex. */
export function newToken(): string {
  return randomBytes(32).toString('hex');
}

/** Compares two tokens in a time that tells nothing about either, their lengths included. */
export function isSameToken(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
