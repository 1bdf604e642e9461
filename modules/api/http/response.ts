import { excerpt } from './display.ts';
import { HttpError } from './error.ts';

/** A whole answer: its body has been read, decompressed and counted. */
export class HttpResponse {
  readonly status: number;
  /** By name in lower case; several of one name are joined by a comma, as HTTP has it. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where it came from, after redirects and without its query. */
  readonly url: string;
  readonly attempts: number;
  readonly #body: Buffer;

  constructor(parts: {
    readonly status: number;
    readonly headers: ReadonlyMap<string, string>;
    readonly url: string;
    readonly attempts: number;
    readonly body: Buffer;
  }) {
    this.status = parts.status;
    this.headers = parts.headers;
    this.url = parts.url;
    this.attempts = parts.attempts;
    this.#body = parts.body;
  }

  get body(): Buffer {
    return this.#body;
  }

  /** As UTF-8, whatever the headers say; a byte that is not comes as U+FFFD. */
  text(): string {
    return new TextDecoder().decode(this.#body);
  }

  /** Throws an `HttpError` of the kind `not_json` that shows how the body begins. */
  json(): unknown {
    const text = this.text();
    try {
      return JSON.parse(text);
    } catch {
      // JSON.parse tells where, in its own words and with pieces of the text: the beginning says more.
      const type = this.headers.get('content-type') ?? 'no content type';
      throw new HttpError(
        `cannot read the answer of ${this.url} (status ${this.status}): it is not JSON but ${type}: ${excerpt(text)}`,
        { kind: 'not_json', response: this },
        { attempts: this.attempts, mayHaveArrived: true },
      );
    }
  }
}
