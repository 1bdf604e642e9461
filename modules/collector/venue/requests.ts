/** One question to the venue: in its turn, with a deadline, answered with JSON or a reason why not. */
import { HttpError, type HttpClient, type HttpResponse } from '../../api/http.ts';
import { VenueError } from './error.ts';
import { type Endpoint, venueLimits } from './limits.ts';
import { rawText } from './parsed.ts';
import type { RateLimiter } from './rate-limiter.ts';

export interface Question {
  readonly endpoint: Endpoint;
  /** The address of the service; what path it has stays in front of `path`. */
  readonly base: string;
  readonly path: string;
  /** Fields that are null are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | null>>;
  /** Sent as JSON by POST: it only reads, so it may be sent again. */
  readonly body?: unknown;
}

/** From its turn to the end of its last attempt; excess is queued by the venue, which looks like this. */
const deadlineMs = 45_000;
const stallMs = 15_000;

/** A page of events that have hundreds of markets is still read. */
const bodyBytesMax = 64 * 1024 * 1024;

/** An answer that is cut off is asked for again: it is not the HTTP client that can tell. */
const garbledAttempts = 3;

export class VenueRequests {
  readonly #http: HttpClient;
  readonly #limiter: RateLimiter;

  /** @param http with its own retries of what fails on the way */
  constructor(http: HttpClient, limiter: RateLimiter) {
    this.#http = http;
    this.#limiter = limiter;
  }

  /**
   * Rejects with a VenueError, and with the signal's reason when that aborts. Each attempt counts
   * against the limits; what the venue asks for with `Retry-After` holds back whatever comes next.
   */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#limiter.turn(question.endpoint, signal);
      const read = await this.#read(question, signal);
      if (read.kind === 'json') return read.value;
      if (attempt < garbledAttempts && read.isCutOff) continue;
      throw new VenueError(`cannot read what ${question.path} answered: ${read.problem}`, {
        kind: 'garbled',
        raw: rawText(read.text),
      });
    }
  }

  async #read(question: Question, signal: AbortSignal): Promise<Read> {
    const { endpoint, body } = question;
    let attempts = 0;
    try {
      const response = await this.#http.request(addressOf(question), {
        ...(body === undefined ? {} : { method: 'POST', json: body, idempotent: true }),
        headers: { accept: 'application/json' },
        signal,
        timeoutMs: deadlineMs,
        stallTimeoutMs: stallMs,
        bodyBytesMax,
        // Nothing is signed: this is called before each attempt, and the first has had its turn.
        sign: () => {
          attempts += 1;
          if (attempts > 1) this.#limiter.charge(endpoint);
        },
      });
      return readJson(response);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HttpError)) throw error;
      if (error.kind === 'bad_encoding') return garbled(error.message, '', true);
      throw this.#failed(question, error);
    }
  }

  #failed({ endpoint }: Question, error: HttpError): VenueError {
    const { failure } = error;
    const isStatus = failure.kind === 'status';
    const retryAfterMs = isStatus || failure.kind === 'held' ? failure.retryAfterMs : null;
    if (retryAfterMs !== null) this.#limiter.hold(venueLimits[endpoint].service, retryAfterMs);
    if (failure.kind === 'held')
      return new VenueError(
        error.message,
        { kind: 'held', retryAfterMs: failure.retryAfterMs },
        error,
      );
    const status = isStatus ? failure.response.status : null;
    return new VenueError(error.message, { kind: 'unanswered', status }, error);
  }
}

function addressOf({ base, path, query = {} }: Question): URL {
  const url = new URL(base.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query))
    if (value !== null) url.searchParams.set(name, String(value));
  return url;
}

type Read =
  | { readonly kind: 'json'; readonly value: unknown }
  | {
      readonly kind: 'garbled';
      readonly isCutOff: boolean;
      readonly problem: string;
      readonly text: string;
    };

/** Pages of its CDN come as HTML, and with the status 200 as well. */
function readJson(response: HttpResponse): Read {
  const text = response.text();
  const type = response.headers.get('content-type') ?? '';
  if (/^text\/html\b/i.test(type)) return garbled('it is a page of HTML', text, false);
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    // JSON.parse says where in its own words; the text itself is kept.
    return garbled('it is not JSON, or is cut off', text, true);
  }
}

function garbled(problem: string, text: string, isCutOff: boolean): Read {
  return { kind: 'garbled', problem, text, isCutOff };
}
