// The daemon's half of the link on a real server, for the tests of the module's half.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifyCaller } from '../../../rpc/caller.ts';
import { RpcError } from '../../../rpc/errors.ts';
import type { Peer } from '../../../rpc/peer.ts';
import type { Handlers } from '../../../rpc/table.ts';
import { startServer, type TestServer } from '../../rpc/wire.ts';

export type LinkEvent =
  | { kind: 'hello'; methods: string[]; peer: Peer }
  | { kind: 'refused' }
  | { kind: 'ready' }
  | { kind: 'halt'; reason: string };

export class TestDaemon {
  readonly home: string;
  /** Whose hello is accepted. */
  token = 'link-token';
  /** What else it answers. */
  handlers: Partial<Handlers> = {};
  #server: TestServer | null = null;
  readonly #events: LinkEvent[] = [];
  #wake: (() => void) | null = null;

  static async create(): Promise<TestDaemon> {
    return new TestDaemon(await mkdtemp(join(tmpdir(), 'sb-link-')));
  }

  constructor(home: string) {
    this.home = home;
  }

  /** Each start is on another socket, as after an upgrade. */
  async start(): Promise<void> {
    this.#server = await startServer({
      handlers: {
        'link.hello': ({ token, module, methods }, caller) => {
          if (token !== this.token) {
            this.#push({ kind: 'refused' });
            throw new RpcError('unauthenticated', 'authentication failed');
          }
          identifyCaller(caller, { role: 'module', module: { name: module, launch: 'sample:1' } });
          this.#push({ kind: 'hello', methods, peer: caller.peer });
          return { launch: 'sample:1', config_version: 1, max_message_bytes: 1024 * 1024 };
        },
        'link.ready': () => (this.#push({ kind: 'ready' }), {}),
        'link.halt': ({ reason }) => (this.#push({ kind: 'halt', reason }), {}),
        'module.list': () => ({ modules: [] }),
        ...this.handlers,
      },
    });
    await writeFile(join(this.home, 'endpoint'), this.#server.endpoint);
  }

  get endpoint(): string {
    return this.#server?.endpoint ?? `unix:${join(this.home, 'nobody.sock')}`;
  }

  /** The environment of a module that this daemon would have launched. */
  get env(): Record<string, string> {
    return {
      SUPERBOT_HOME: this.home,
      SUPERBOT_ENDPOINT: this.endpoint,
      SUPERBOT_MODULE: 'sample',
      SUPERBOT_LAUNCH: 'sample:1',
      SUPERBOT_LINK_TOKEN: 'link-token',
      SUPERBOT_PARAMS: '{"speed":50}',
    };
  }

  /** The next thing a module did. */
  async next(): Promise<LinkEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Waits for a hello and gives the connection it came on. */
  async hello(): Promise<Peer> {
    const event = await this.next();
    if (event.kind !== 'hello') throw new Error(`expected hello, got ${event.kind}`);
    return event.peer;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.home, { recursive: true });
  }

  #push(event: LinkEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }
}
