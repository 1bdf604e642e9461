import type { WebSocket } from 'ws';

export interface SessionCallbacks {
  /** `wantsBooks`: the books of these tokens are to be sent at first. */
  onSubscribe(tokens: readonly string[], wantsBooks: boolean): void;
  onUnsubscribe(tokens: readonly string[]): void;
  onClose(tokens: ReadonlySet<string>): void;
}

/** Beyond so many tokens on one connection the venue sends no first books any more. */
const booksForTokensMax = 500;
/** A client that reads more slowly is cut off. */
const bufferedBytesMax = 32 * 1024 * 1024;

/** One connection to the market channel. */
export class StreamSession {
  /** Sends nothing but PONG. */
  isFrozen = false;
  readonly #webSocket: WebSocket;
  readonly #callbacks: SessionCallbacks;
  readonly #tokens = new Set<string>();
  #hasCustomFeatures = false;

  constructor(webSocket: WebSocket, callbacks: SessionCallbacks) {
    this.#webSocket = webSocket;
    this.#callbacks = callbacks;
    webSocket.on('message', (data) => this.#take((data as Buffer).toString()));
    webSocket.on('close', () => this.#callbacks.onClose(this.#tokens));
    // A close always follows, and a client may go as it likes.
    webSocket.on('error', () => webSocket.terminate());
  }

  get hasCustomFeatures(): boolean {
    return this.#hasCustomFeatures;
  }

  send(text: string): void {
    if (this.isFrozen || this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    if (this.#webSocket.bufferedAmount > bufferedBytesMax) this.cut();
    else this.#webSocket.send(text);
  }

  /** Without a closing handshake, as a network does. */
  cut(): void {
    this.#webSocket.terminate();
  }

  #take(text: string): void {
    if (text === 'PING') {
      this.#webSocket.send('PONG');
      return;
    }
    const message = parsed(text);
    if (message === null || !Array.isArray(message.assets_ids)) {
      this.#webSocket.send('INVALID OPERATION');
      return;
    }
    const tokens = message.assets_ids.filter((token) => typeof token === 'string');
    if (message.custom_feature_enabled === true) this.#hasCustomFeatures = true;
    if (message.operation === 'unsubscribe') {
      for (const token of tokens) this.#tokens.delete(token);
      this.#callbacks.onUnsubscribe(tokens);
    } else if (message.operation === 'subscribe' || message.type === 'market') {
      for (const token of tokens) this.#tokens.add(token);
      const wantsBooks = message.initial_dump !== false && this.#tokens.size <= booksForTokensMax;
      this.#callbacks.onSubscribe(tokens, wantsBooks);
    }
  }
}

interface Request {
  readonly assets_ids?: unknown;
  readonly type?: unknown;
  readonly operation?: unknown;
  readonly initial_dump?: unknown;
  readonly custom_feature_enabled?: unknown;
}

function parsed(text: string): Request | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    // Not JSON is the client's mistake: the caller tells it so.
    return null;
  }
}
