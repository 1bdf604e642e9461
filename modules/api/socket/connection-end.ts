import type { Protocol } from './protocol.ts';
import { type EndReason, SocketError } from './error.ts';
import type { WireEnd } from './wire.ts';

export interface ConnectionEnd {
  readonly error: SocketError<EndReason>;
  /** The server has said goodbye, and everything before it has arrived. */
  readonly isClean: boolean;
  /** Trying again is useless, says the protocol. */
  readonly isFinal: boolean;
}

/**
 * Why a connection ended.
 * @param failure what we found before its socket was gone, null where we found nothing
 */
export function endOf(
  wire: WireEnd,
  failure: SocketError<EndReason> | null,
  { closed }: Pick<Protocol<unknown>, 'closed'>,
): ConnectionEnd {
  // What the server has said itself counts more than that we had no time for the rest of it.
  if (wire.kind === 'failed')
    return failed(wire.error.kind === 'refused' ? wire.error : (failure ?? wire.error));
  if (failure !== null) return failed(failure);
  const { code, why } = wire;
  const said = `the server closed with ${code}${why === '' ? '' : `: ${why}`}`;
  try {
    const meaning = closed?.(code, why) ?? 'retry';
    const reason = meaning === 'later' ? 'refused' : 'closed_by_server';
    const error = new SocketError<EndReason>(reason, said, { status: code });
    return { error, isClean: true, isFinal: meaning === 'stop' };
  } catch (cause) {
    // What the protocol's author wrote must not end the program.
    const fault = cause instanceof Error ? cause.message : String(cause);
    return failed(new SocketError('closed_by_server', `${said}; what that means failed: ${fault}`));
  }
}

export function failed(error: SocketError<EndReason>): ConnectionEnd {
  return { error, isClean: false, isFinal: false };
}
