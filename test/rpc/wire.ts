// A server on a real socket and a client that sees bytes, for the tests of the wire.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginHandler, type Caller, type Identify } from '../../rpc/caller.ts';
import { parseEndpoint } from '../../rpc/endpoint.ts';
import { RpcServer, type RpcServerOptions } from '../../rpc/server.ts';
import {
  contractDispatcher,
  type ClaimedMethods,
  type ContractDispatcherOptions,
  type Handlers,
} from '../../rpc/table.ts';
import { isSameToken } from '../../rpc/token.ts';

export const operatorToken = 'a'.repeat(64);
export const observerToken = 'b'.repeat(64);
export const linkToken = 'c'.repeat(64);

export const identify: Identify = (token) => {
  if (isSameToken(token, operatorToken)) return { role: 'operator' };
  if (isSameToken(token, observerToken)) return { role: 'observer' };
  if (isSameToken(token, linkToken)) {
    return { role: 'module', module: { name: 'trading', launch: 'trading:1' } };
  }
  return null;
};

const nothingClaimed: ClaimedMethods = {
  has: () => false,
  call: () => Promise.reject(new Error('nothing is claimed')),
};

export interface TestServer {
  server: RpcServer;
  endpoint: string;
  dir: string;
  /** What went to the log in place of the caller. */
  logged: { reference: string; error: unknown; method: string }[];
  connect(): Promise<RawClient>;
  stop(): Promise<void>;
}

export type TestServerOptions = Partial<RpcServerOptions> & {
  handlers?: Partial<Handlers>;
  claimed?: ContractDispatcherOptions['claimed'];
  transport?: 'unix' | 'tcp';
};

/** Starts a server in its own temporary folder; `stop` ends it and removes the folder. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { handlers = {}, claimed = nothingClaimed, transport = 'unix', ...rest } = options;
  const dir = await mkdtemp(join(tmpdir(), 'sb-rpc-'));
  const logged: TestServer['logged'] = [];
  const dispatcher = contractDispatcher({
    handlers: { 'auth.login': loginHandler(identify), ...handlers },
    claimed,
    logInternalError: (reference, error, method) => logged.push({ reference, error, method }),
    ...(rest.onRefusal ? { onRefusal: rest.onRefusal } : {}),
  });
  const server = new RpcServer({
    address:
      transport === 'unix'
        ? { transport, path: join(dir, 'superbot.sock') }
        : { transport, host: '127.0.0.1', port: 0 },
    auth: 'none',
    identify,
    dispatcher,
    onAcceptError: (error) => {
      throw error;
    },
    ...rest,
  });
  await server.start();
  const endpoint = server.endpoint!;
  const clients: RawClient[] = [];
  return {
    server,
    endpoint,
    dir,
    logged,
    connect: async () => {
      const client = await RawClient.connect(endpoint);
      clients.push(client);
      return client;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Sends what it is given, byte for byte, and hears lines. */
export class RawClient {
  /** Everything received, up to the end of the connection. */
  readonly ended: Promise<string>;
  readonly #socket: Socket;
  #text = '';
  #wake: (() => void) | null = null;
  #isEnded = false;

  static async connect(endpoint: string): Promise<RawClient> {
    const address = parseEndpoint(endpoint);
    const socket = connect(
      address.transport === 'unix'
        ? { path: address.path, allowHalfOpen: false }
        : { host: '127.0.0.1', port: address.port },
    );
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    let all = '';
    socket.on('data', (chunk: string) => {
      all += chunk;
      this.#text += chunk;
      this.#wake?.();
    });
    // A reset is one of the ways in which a server closes on bad input.
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => socket.once('close', resolve)).then(() => {
      this.#isEnded = true;
      this.#wake?.();
      return all;
    });
  }

  write(text: string | Buffer): void {
    this.#socket.write(text);
  }

  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  /** The next message received. Rejects when the connection ends before it. */
  async receive(): Promise<unknown> {
    for (;;) {
      const newline = this.#text.indexOf('\n');
      if (newline !== -1) {
        const line = this.#text.slice(0, newline);
        this.#text = this.#text.slice(newline + 1);
        return JSON.parse(line);
      }
      if (this.#isEnded)
        throw new Error(`the connection ended after ${JSON.stringify(this.#text)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async ask(message: unknown): Promise<unknown> {
    this.send(message);
    return this.receive();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export type { Caller };
