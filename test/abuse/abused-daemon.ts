// A real daemon to be treated badly, reached in each of the three ways there are, and the question
// that follows every attack: is it the same process, does it answer, has it let go of everything?
import { expect } from 'chai';
import { after, afterEach, before } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { RawClient } from '../rpc/wire.ts';
import { isRunning, residentBytes } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';
import type { Oracle } from './oracle.ts';

export type Way = 'unix' | 'unix with a token' | 'tcp';

export const ways: readonly Way[] = ['unix', 'unix with a token', 'tcp'];
export const waysWithToken: readonly Way[] = ['unix with a token', 'tcp'];

const ipcOf: Record<Way, object> = {
  unix: { transport: 'unix', auth: 'auto' },
  'unix with a token': { transport: 'unix', auth: 'required' },
  tcp: { transport: 'tcp', tcp_port: 0 },
};

export const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

/** For mallopt(3): else glibc keeps freed buffers for later, and they look like a leak. */
const freedMemoryGoesBack = { MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' };

/** A daemon for all tests of the suite that this is called in; looked after each of them. */
export function abusedDaemon(way: Way, config: object = { modules: { sleeper } }): AbusedDaemon {
  const homes = temporaryHomes('all');
  const daemon = new AbusedDaemon(way);
  before(() => daemon.start(homes.create({ ...config, ipc: ipcOf[way] })));
  afterEach(() => daemon.expectUnharmed());
  after(() => daemon.hangUp());
  return daemon;
}

export class AbusedDaemon {
  readonly way: Way;
  pid = 0;
  endpoint = '';
  token = '';
  observerToken = '';
  #home: TestHome | null = null;
  /** Somebody who behaves, and is not to notice anything. */
  #bystander: RawClient | null = null;
  #idleDescriptors = 0;
  readonly #clients = new Set<RawClient>();

  constructor(way: Way) {
    this.way = way;
  }

  get home(): TestHome {
    if (this.#home === null) throw new Error('the daemon is not started yet');
    return this.#home;
  }

  get isTokenNeeded(): boolean {
    return this.way !== 'unix';
  }

  get oracle(): Oracle {
    return { module: 'sleeper', isAuth: (auth) => auth === this.token };
  }

  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  async start(home: TestHome): Promise<void> {
    this.#home = home;
    Object.assign(home.env, freedMemoryGoesBack);
    this.pid = await home.start();
    this.endpoint = readFileSync(home.paths.endpoint, 'utf8').trim();
    this.token = readFileSync(home.paths.token, 'utf8');
    this.observerToken = readFileSync(home.paths.observerToken, 'utf8');
    this.#bystander = await this.enter();
    this.#clients.delete(this.#bystander);
    await this.ask(request('daemon.status'));
    this.#idleDescriptors = this.descriptors;
  }

  /** A connection that has said nothing yet; ended at the latest after the test. */
  async open(): Promise<RawClient> {
    const client = await RawClient.connect(this.endpoint);
    this.#clients.add(client);
    return client;
  }

  /** A connection of the operator's. */
  async enter(): Promise<RawClient> {
    const client = await this.open();
    if (!this.isTokenNeeded) return client;
    const answer = await client.ask(login(this.token));
    expect(answer).to.have.nested.property('result.role', 'operator');
    return client;
  }

  /** Sends lines, ends its own side, and resolves with everything that came until the end. */
  async exchange(...sent: readonly (string | Buffer)[]): Promise<string> {
    const client = await this.enter();
    for (const each of sent) client.write(each);
    client.end();
    const all = await client.ended;
    return this.isTokenNeeded ? all.slice(all.indexOf('\n') + 1) : all;
  }

  /** The bystander asks. */
  ask(message: object): Promise<unknown> {
    if (this.#bystander === null) throw new Error('the daemon is not started yet');
    return this.#bystander.ask(message);
  }

  /** The same process, answering old and new connections, without any of the test's left. */
  async expectUnharmed(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
    expect(isRunning(this.pid), 'the daemon runs').to.equal(true);
    expect(await this.ask(request('daemon.status'))).to.have.nested.property(
      'result.pid',
      this.pid,
    );
    await until(`the daemon holds ${this.#idleDescriptors} descriptors again`, () => {
      return this.descriptors <= this.#idleDescriptors;
    });
    const fresh = await this.enter();
    expect(await fresh.ask(request('daemon.status'))).to.have.nested.property(
      'result.pid',
      this.pid,
    );
    fresh.destroy();
    this.#clients.clear();
  }

  hangUp(): void {
    this.#bystander?.destroy();
  }
}

export function request(method: string, params?: unknown, id: unknown = 'ours'): object {
  return { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) };
}

export function login(token: unknown, id: unknown = 'login'): object {
  return request('auth.login', { token }, id);
}

/** As it travels. */
export function line(message: unknown): string {
  return `${JSON.stringify(message)}\n`;
}
