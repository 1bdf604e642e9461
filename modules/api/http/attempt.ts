/** One request and its answer over one connection, with its own limits; never throws. */
import type { Clock, Timer } from '../clock.ts';
import { acceptedEncodings, BodyError, readBody } from './body.ts';
import type { HttpConnection } from './connection.ts';
import type { HttpFailure } from './error.ts';
import { send, type WireAnswer, WireError, wireError, type WireRequest } from './fetch.ts';
import { Interruption } from './interruption.ts';

export interface AttemptOptions {
  readonly connection: HttpConnection;
  readonly request: WireRequest;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly bodyBytesMax: number;
  /** Aborts with an Interruption. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export type Attempted =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: ReadonlyMap<string, string>;
      readonly body: Buffer;
    }
  | {
      readonly kind: 'failed';
      readonly failure: HttpFailure;
      /** In a few words, for the message. */
      readonly reason: string;
      readonly mayHaveArrived: boolean;
      readonly cause?: unknown;
    };

/** Unless it is answered, the connection must not be used again. */
export async function attempt(options: AttemptOptions): Promise<Attempted> {
  const { connection, request, bodyBytesMax, signal, clock } = options;
  const ended = new AbortController();
  let interruption = null as Interruption | null;
  const interrupt = (by: Interruption) => {
    interruption ??= by;
    ended.abort();
  };
  const onAbort = () => interrupt(signal.reason as Interruption);
  let timer = null as Timer | null;
  const watch = (limit: 'connect' | 'stall') => {
    timer?.cancel();
    const limitMs = options[`${limit}TimeoutMs`];
    timer = clock.after(limitMs, () => interrupt(Interruption.byTimeout(limit, limitMs)));
  };
  const openedBefore = connection.opened;
  let mayHaveArrived = connection.isOpen;
  let answer: WireAnswer | null = null;
  connection.onOpen = () => {
    mayHaveArrived = true;
    watch('stall');
  };
  connection.onClose = () =>
    // node-fetch waits for ever when the server switches protocols. Any other end it tells by then.
    setImmediate(() => {
      if (answer === null) interrupt(Interruption.byServer());
    });
  watch(connection.isOpen ? 'stall' : 'connect');
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    answer = await send(withEncodings(request), connection.agent, ended.signal);
    watch('stall');
    const { status, headers } = answer;
    if (announcedBytes(request.method, headers) > bodyBytesMax) throw new BodyError('too_large');
    const encoding = headers.get('content-encoding') ?? '';
    const body = await readBody(answer.body, encoding, bodyBytesMax, () => watch('stall'));
    return { kind: 'answered', status, headers, body };
  } catch (error) {
    const wasReused = connection.opened === openedBefore && answer === null;
    const failed = interruption ?? failureOf(error, options, { mayHaveArrived, wasReused, answer });
    const { failure, message: reason, cause } = failed;
    return { kind: 'failed', failure, reason, mayHaveArrived, cause };
  } finally {
    timer?.cancel();
    connection.onOpen = null;
    connection.onClose = null;
    signal.removeEventListener('abort', onAbort);
  }
}

function withEncodings(request: WireRequest): WireRequest {
  return { ...request, headers: { 'accept-encoding': acceptedEncodings, ...request.headers } };
}

function announcedBytes(method: string, headers: ReadonlyMap<string, string>): number {
  return method === 'HEAD' ? 0 : Number(headers.get('content-length') ?? 0);
}

interface Known {
  readonly mayHaveArrived: boolean;
  readonly wasReused: boolean;
  readonly answer: WireAnswer | null;
}

function failureOf(error: unknown, options: AttemptOptions, known: Known) {
  const { request, bodyBytesMax } = options;
  const told = (failure: HttpFailure, message: string) => ({ failure, message, cause: undefined });
  if (error instanceof BodyError) {
    if (error.problem === 'too_large')
      return told(
        { kind: 'body_too_large', bytesMax: bodyBytesMax },
        `the answer is longer than ${bodyBytesMax} bytes`,
      );
    const encoding = known.answer?.headers.get('content-encoding') ?? '';
    return told(
      { kind: 'bad_encoding', encoding },
      `the answer is not readable as "${encoding.slice(0, 50)}"`,
    );
  }
  const { message, code, isInvalid } =
    error instanceof WireError ? error : wireError(error, request.url);
  const reason = message === '' ? code : message;
  if (isInvalid) return told({ kind: 'invalid' }, reason);
  if (!known.mayHaveArrived) return told({ kind: 'connect', code }, reason);
  return told({ kind: 'network', code, wasReused: known.wasReused }, reason);
}
