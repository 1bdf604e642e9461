/** One WebSocket: from the request to the last event, told to its owner as plain facts. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { retryAfterMs } from '../http/retry-after.ts';
import { secretsOf, shownText, shownUrl } from './address.ts';
import { type EndReason, SocketError } from './error.ts';

export interface WireRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A larger message ends the connection. */
  readonly payloadBytesMax: number;
  /** For the dates of `Retry-After`, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** Each is called only while the owner may still want it: nothing comes after `onEnd`. */
export interface WireHandlers {
  readonly onOpen: () => void;
  readonly onMessage: (data: string | Buffer, bytes: number) => void;
  /** Was answered already. */
  readonly onPing: () => void;
  readonly onPong: () => void;
  /** Once, when the socket is gone. */
  readonly onEnd: (end: WireEnd) => void;
}

export type WireEnd =
  /** Both sides have said goodbye: what the server had sent before has arrived. */
  | { readonly kind: 'closed'; readonly code: number; readonly why: string }
  | { readonly kind: 'failed'; readonly error: SocketError<EndReason> };

interface Answer {
  readonly response: IncomingMessage;
  readonly body: Buffer[];
}

/** So much of an unwanted answer is read, and shown. */
const bodyBytesMax = 2048;
const shownLengthMax = 200;
/** A close frame was never received. */
const abnormalCode = 1006;

export class Wire {
  readonly #socket: WebSocket;
  readonly #request: WireRequest;
  readonly #handlers: WireHandlers;
  readonly #secrets: readonly string[];
  /** The first thing that went wrong explains the others. */
  #error: SocketError<EndReason> | null = null;
  /** It did not want a WebSocket. */
  #answer: Answer | null = null;
  #isOpen = false;

  constructor(request: WireRequest, handlers: WireHandlers) {
    this.#request = request;
    this.#handlers = handlers;
    this.#secrets = secretsOf(request.url, request.headers);
    this.#socket = new WebSocket(request.url, {
      headers: { ...request.headers },
      maxPayload: request.payloadBytesMax,
      // Compression costs memory and time for each message, and venues offer little of it.
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#listen();
  }

  /** Calls back when the message was handed to the system, or with why not. */
  send(data: string | Buffer, onSent: (error: Error | undefined) => void): void {
    // On success it is null, whatever the types say.
    this.#socket.send(data, (error) => onSent(error instanceof Error ? error : undefined));
  }

  ping(): void {
    this.#socket.ping();
  }

  /** Says goodbye; messages still arrive until the server has, too. */
  close(): void {
    this.#socket.close(1000);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #listen(): void {
    const { onOpen, onMessage, onPing, onPong } = this.#handlers;
    const socket = this.#socket;
    socket.on('open', () => {
      this.#isOpen = true;
      onOpen();
    });
    socket.on('message', (data, isBinary) => {
      // Always a Buffer: that is the library's default type.
      const bytes = data as Buffer;
      onMessage(isBinary ? bytes : bytes.toString(), bytes.length);
    });
    socket.on('ping', onPing);
    socket.on('pong', onPong);
    socket.on('unexpected-response', (request, response) => this.#answered(request, response));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= this.#failure(error);
      // After a broken frame the library waits for the server to close; it may never.
      socket.terminate();
    });
    socket.on('close', (code, why) => this.#ended(code, why.toString()));
  }

  #ended(code: number, why: string): void {
    if (this.#answer !== null) {
      this.#handlers.onEnd({ kind: 'failed', error: this.#refusal(this.#answer) });
      return;
    }
    if (this.#error === null && code !== abnormalCode) {
      this.#handlers.onEnd({ kind: 'closed', code, why: this.#shown(why) });
      return;
    }
    const gone = 'its connection broke without a goodbye';
    const error = this.#error ?? new SocketError('reset', this.#lost(gone));
    this.#handlers.onEnd({ kind: 'failed', error });
  }

  #failure({ code = '', message }: NodeJS.ErrnoException): SocketError<EndReason> {
    const why = this.#shown(message);
    if (!this.#isOpen) return new SocketError('connect_failed', this.#notMade(why));
    const isFrame = code.startsWith('WS_ERR_');
    return new SocketError(isFrame ? 'bad_frame' : 'reset', this.#lost(why));
  }

  /** An HTTP answer instead of the upgrade: its status and the begin of its body say why. */
  #answered(request: ClientRequest, response: IncomingMessage): void {
    const body: Buffer[] = [];
    let bytes = 0;
    this.#answer = { response, body };
    const done = (): void => {
      request.destroy();
      this.#socket.terminate();
    };
    response.on('data', (chunk: Buffer) => {
      body.push(chunk.subarray(0, bodyBytesMax));
      bytes += chunk.length;
      if (bytes >= bodyBytesMax) done();
    });
    response.once('end', done);
    response.once('error', done);
  }

  #refusal({ response, body }: Answer): SocketError<EndReason> {
    const { statusCode = 0, headers } = response;
    const { location } = headers;
    const text = this.#shown(Buffer.concat(body).toString());
    const isRedirect = statusCode >= 300 && statusCode < 400 && location !== undefined;
    const why = isRedirect
      ? `it redirects to ${shownTarget(location, this.#request.url)}, which is not followed — use that address`
      : `the server answered ${statusCode}${text === '' ? '' : `: ${text}`}`;
    return new SocketError('refused', this.#notMade(why), {
      status: statusCode,
      retryAfterMs: retryAfterMs(headers['retry-after'], this.#request.nowMs),
    });
  }

  #notMade(why: string): string {
    return `cannot connect to ${shownUrl(this.#request.url)}: ${why}`;
  }

  #lost(why: string): string {
    return `lost ${shownUrl(this.#request.url)}: ${why}`;
  }

  #shown(text: string): string {
    return shownText(text, this.#secrets, shownLengthMax);
  }
}

function shownTarget(location: string, base: URL): string {
  return URL.canParse(location, base.href) ? shownUrl(new URL(location, base)) : 'nowhere';
}
