/**
 * Questions to whoever answers a topic, on this host or, with the event bus on Redis, on another: an
 * event `{reply_to, data}`, answered by an event `{result}` or `{error: {code, message, data?}}` under
 * the topic that it names. As with every event, nobody has to hear it, and nothing is sent twice.
 */
import { randomUUID } from 'node:crypto';
import { ConnectionClosedError, RpcError } from '../../../rpc/errors.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import { type Clock, realClock } from '../clock.ts';
import type { EventOptions, EventSubscription } from './stream.ts';
import type { Logger } from '../log.ts';
import { orAborted } from '../or-aborted.ts';

export interface RequestOptions {
  /** For all of it, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Gives what is answered. An RpcError that it throws is the answer; anything else is logged. */
export type Responder = (data: unknown, event: Event) => unknown;

export interface RequestsOptions {
  readonly publish: (topic: string, data: unknown) => Promise<unknown>;
  readonly subscribe: (
    topics: string,
    onEvent: (event: Event) => unknown,
    options?: EventOptions,
  ) => EventSubscription;
  readonly log: Logger;
  readonly clock?: Pick<Clock, 'after'>;
}

const timeoutMsDefault = 5000;
/** Questions of this module that wait, and questions to it that are being answered. */
const underWayMax = 1000;

export class Requests {
  readonly #options: RequestsOptions;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #inbox = `reply.${randomUUID()}`;
  readonly #waiting = new Map<string, (answer: unknown) => void>();
  #answers: EventSubscription | null = null;
  #lastId = 0;
  #answering = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
  }

  /**
   * The first answer. Rejects with the responder's RpcError, with -32006 when none came in time
   * (then it is not known whether anybody acted on it), or with the signal's reason.
   */
  async request(topic: string, data: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { timeoutMs = timeoutMsDefault, signal } = options;
    if (this.#waiting.size >= underWayMax) {
      const why = `cannot ask "${topic}": ${underWayMax} requests wait for their answers`;
      throw new RpcError('refused', why, { reason: 'busy' });
    }
    const late = new AbortController();
    const stop = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
    // The link keeps the process alive, not a question.
    const timer = this.#clock.after(timeoutMs, () => late.abort(), { mayBeLast: false });
    const replyTo = `${this.#inbox}.${(this.#lastId += 1)}`;
    const answered = new Promise<unknown>((resolve) => this.#waiting.set(replyTo, resolve));
    try {
      const asked = this.#ask(topic, { reply_to: replyTo, data: data ?? null }).then(
        () => answered,
      );
      return resultOf(await orAborted(asked, stop, () => undefined));
    } catch (error) {
      if (!late.signal.aborted || signal?.aborted === true) throw error;
      const why = `nobody answered "${topic}" within ${timeoutMs} ms: whether somebody acted on it is not known`;
      throw new RpcError('timeout', why, { topic });
    } finally {
      timer.cancel();
      this.#waiting.delete(replyTo);
    }
  }

  /** Answers what is asked under the topics from now on, many at a time, until that is cancelled. */
  respond(topics: string, responder: Responder): EventSubscription {
    return this.#options.subscribe(topics, (event) => {
      const replyTo = replyTopicOf(event.data);
      if (replyTo !== null) void this.#answer(replyTo, responder, event);
    });
  }

  async #ask(topic: string, question: object): Promise<void> {
    const onAnswer = ({ topic: replyTo, data }: Event) => {
      // A second answer, or one that comes too late, finds nobody.
      this.#waiting.get(replyTo)?.(data);
    };
    // Whoever waits for a lost answer is told by the deadline; nobody else misses it.
    const onLost = () => undefined;
    this.#answers ??= this.#options.subscribe(`${this.#inbox}.*`, onAnswer, { onLost });
    const answers = this.#answers;
    try {
      // Whoever answers at once is heard.
      await answers.begun;
    } catch (error) {
      // Refused, such as for too many subscriptions: the next request tries anew.
      if (this.#answers === answers) this.#answers = null;
      throw error;
    }
    await this.#options.publish(topic, question);
  }

  async #answer(replyTo: string, responder: Responder, event: Event): Promise<void> {
    const { publish, log } = this.#options;
    this.#answering += 1;
    try {
      await publish(replyTo, await this.#answerOf(responder, event));
    } catch (error) {
      // The link was away for too long, or broke: whoever asked is told by its deadline.
      const isLate = error instanceof ConnectionClosedError || error instanceof RpcError;
      log[isLate ? 'warn' : 'error'](`an answer to ${event.topic} was not sent`, { error });
    } finally {
      this.#answering -= 1;
    }
  }

  async #answerOf(responder: Responder, event: Event): Promise<object> {
    if (this.#answering > underWayMax)
      return { error: { code: -32007, message: 'refused: too many requests at once' } };
    try {
      return { result: (await responder((event.data as unknown as Question).data, event)) ?? null };
    } catch (error) {
      if (error instanceof RpcError) {
        const { code, message, data } = error;
        return { error: { code, message, data: data ?? null } };
      }
      this.#options.log.error(`the responder of ${event.topic} failed`, { event: event.id, error });
      return { error: { code: -32603, message: 'internal error' } };
    }
  }
}

interface Question {
  readonly reply_to: string;
  readonly data: unknown;
}

/** Null for an event that asks for no answer. */
function replyTopicOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('reply_to' in data)) return null;
  const { reply_to: replyTo } = data;
  return typeof replyTo === 'string' && replyTo.startsWith('reply.') ? replyTo : null;
}

function resultOf(answer: unknown): unknown {
  const { result, error } = (answer ?? {}) as { result?: unknown; error?: unknown };
  if (typeof error !== 'object' || error === null) return result ?? null;
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  throw new RpcError(
    typeof code === 'number' ? code : 'internal',
    typeof message === 'string' ? message : 'internal error',
    data ?? undefined,
  );
}
