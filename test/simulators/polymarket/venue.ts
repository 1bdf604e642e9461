import { afterEach } from 'mocha';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { SimulatorOptions } from './options.ts';
import { openSimulator, type Simulator } from './simulator.ts';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Opens simulators for the tests of a suite; each is closed after its test. */
export function testVenues(): (options?: Partial<SimulatorOptions>) => Promise<Simulator> {
  const opened: Simulator[] = [];
  afterEach(() => {
    for (const simulator of opened.splice(0)) simulator.close();
  });
  return async (options) => {
    const simulator = await openSimulator(options);
    opened.push(simulator);
    return simulator;
  };
}

export async function get<T>(url: string): Promise<Answer<T>> {
  return answerOf(await fetch(url));
}

export async function post<T>(url: string, body: unknown): Promise<Answer<T>> {
  return answerOf(await fetch(url, { method: 'POST', body: JSON.stringify(body) }));
}

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as T };
}

/** A client of the market channel that keeps what it gets, in order. */
export class Listener {
  readonly frames: string[] = [];
  readonly #webSocket: WebSocket;

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on('message', (data) => {
      this.frames.push((data as Buffer).toString());
      webSocket.emit('frame');
    });
  }

  static async open(simulator: Simulator): Promise<Listener> {
    const webSocket = new WebSocket(simulator.urls.stream);
    const listener = new Listener(webSocket);
    await once(webSocket, 'open');
    return listener;
  }

  send(message: object | string): void {
    this.#webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Subscribes, and waits for the first books. */
  async subscribe(tokens: readonly string[], more: object = {}): Promise<void> {
    this.send({ type: 'market', assets_ids: tokens, ...more });
    await this.frame((text) => text.startsWith('['));
  }

  /** The first frame so far or from now on that the test wants; removes it and those before it. */
  async frame(isWanted: (text: string) => boolean): Promise<string> {
    for (;;) {
      const index = this.frames.findIndex(isWanted);
      if (index >= 0) return this.frames.splice(0, index + 1).at(-1)!;
      await once(this.#webSocket, 'frame');
    }
  }

  async event<T>(type: string): Promise<T> {
    const text = await this.frame((frame) => frame.includes(`"event_type":"${type}"`));
    return JSON.parse(text) as T;
  }

  /** Everything that was sent before has come when this resolves. */
  async settled(): Promise<void> {
    this.send('PING');
    let pongs = 0;
    const texts: string[] = [];
    while (pongs === 0) {
      if (this.frames.length === 0) await once(this.#webSocket, 'frame');
      const text = this.frames.shift()!;
      if (text === 'PONG') pongs++;
      else texts.push(text);
    }
    this.frames.unshift(...texts);
  }

  async closed(): Promise<number> {
    const [code] = (await once(this.#webSocket, 'close')) as [number];
    return code;
  }

  close(): void {
    this.#webSocket.terminate();
  }
}
