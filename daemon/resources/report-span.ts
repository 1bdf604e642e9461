import { durationMs } from '../../config/units.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Span } from './up-time.ts';

/**
 * From a time, or as long ago as `7d` says, until now.
 * @param since of a form that the contract has checked
 */
export function spanSince(since: string, nowMs: number): Span {
  const lengthMs = durationMs(since);
  const sinceMs = lengthMs === null ? Date.parse(since) : nowMs - lengthMs;
  // What is no time at all is not before now either.
  if (sinceMs < nowMs && sinceMs >= timeMsMin) return { sinceMs, untilMs: nowMs };
  throw new RpcError('invalidParams', '"since" is to be before now, such as "7d"');
}

/** The least that a Date can be. */
const timeMsMin = -8.64e15;
