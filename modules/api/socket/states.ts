/**
 * The states of a socket, and what leads from one to the next.
 *
 * - `waiting`: no connection, the next attempt has its time
 * - `connecting`: an attempt, until everything is subscribed to
 * - `open`: one connection delivers
 * - `rolling`: it does, and a second one is made to take over from it
 * - `draining`: the second one is complete, the first was asked to close and delivers what is left
 * - `closing`, `closed`
 */
export type SocketState =
  'waiting' | 'connecting' | 'open' | 'rolling' | 'draining' | 'closing' | 'closed';

/**
 * - `due`: it is time for an attempt
 * - `complete`: everything is subscribed to
 * - `lost`: the connection that delivers, or was to, is gone, and no other is there
 * - `roll`, `abandon`: a second connection is begun, given up
 * - `take_over`, `inherit`: the second one delivers from now on; is the first from now on, though it
 *   is not complete
 * - `drain`: the first was asked to close
 * - `close`, `gone`: we are to end, and have
 */
export type SocketEvent =
  | 'due'
  | 'complete'
  | 'lost'
  | 'roll'
  | 'abandon'
  | 'take_over'
  | 'inherit'
  | 'drain'
  | 'close'
  | 'gone';

const table: Readonly<Record<SocketState, Partial<Record<SocketEvent, SocketState>>>> = {
  waiting: { due: 'connecting', close: 'closing' },
  connecting: { complete: 'open', lost: 'waiting', close: 'closing' },
  open: { roll: 'rolling', lost: 'waiting', close: 'closing' },
  rolling: {
    abandon: 'open',
    drain: 'draining',
    take_over: 'open',
    inherit: 'connecting',
    close: 'closing',
  },
  draining: { take_over: 'open', lost: 'waiting', close: 'closing' },
  closing: { gone: 'closed' },
  closed: {},
};

/** The state after the event, or null where it cannot happen. */
export function nextState(state: SocketState, event: SocketEvent): SocketState | null {
  return table[state][event] ?? null;
}
