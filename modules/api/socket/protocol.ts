import type { SubscriptionChange } from './subscriptions.ts';

/**
 * What a message is, in the eyes of the socket. Only `data` reaches the subscriber, and only `data`
 * shows that the feed lives.
 *
 * - `data`: `key` is the same for the same message on another connection, and for no other; what
 *   stands for itself, such as a snapshot, has none and is never taken for a duplicate
 * - `ack`, `refusal`: the answer to the change with this id
 * - `pong`: the answer to the protocol's own `ping`
 * - `notice`: the server is about to close this connection
 * - `ignored`: anything else
 */
export type Incoming<Message> =
  | { readonly kind: 'data'; readonly message: Message; readonly key?: string | number }
  | { readonly kind: 'ack'; readonly id: number }
  | { readonly kind: 'refusal'; readonly id: number; readonly why: string }
  | { readonly kind: 'notice'; readonly why: string }
  | { readonly kind: 'pong' | 'ignored' };

/** All that a socket has to know of a venue: pure functions from text to meaning and back. */
export interface Protocol<Message> {
  /**
   * Called once for each message of the server; binary ones are a Buffer. What it throws is logged
   * and counted, and the connection goes on.
   */
  read(data: string | Buffer): Incoming<Message> | readonly Incoming<Message>[];
  /** The text that subscribes or unsubscribes. Without it the socket has no topics. */
  readonly change?: (change: SubscriptionChange) => string | Buffer;
  /** The first message of each connection, such as a login; made anew for each. */
  readonly hello?: () => string | Buffer;
  /** Sent as a message instead of a ping frame, where the venue asks for that: `PING`. */
  readonly ping?: string;
  /**
   * What the server's close means: `retry` as after any loss (the default), `later` as after a
   * refusal, `stop` when trying again is useless.
   */
  readonly closed?: (code: number, why: string) => 'retry' | 'later' | 'stop';
}
