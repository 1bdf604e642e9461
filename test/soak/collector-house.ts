/** Daemon, database and collector of a collector's soak, as users run them, and their deaths. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { connect } from '../../rpc/client.ts';
import type { CollectorCoverage, CollectorStatus } from '../../rpc/shapes-collector.ts';
import { argumentsOf, environmentOf } from '../support/processes.ts';
import { TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';
import { type Collected, collected } from './collected.ts';
import type { VenueState } from './collector-venue.ts';

export const victims = ['module', 'daemon', 'keeper', 'database'] as const;
export type Victim = (typeof victims)[number];

export const schema = 'soak';
const module = 'collector';
const restartMs = 120_000;

export class SoakHouse {
  readonly home: TestHome;

  constructor(urls: VenueState['urls']) {
    this.home = new TestHome();
    this.home.configure(configOf(urls, dirname(this.home.path)));
  }

  async start(): Promise<void> {
    await this.home.start();
    await this.running();
  }

  /** Kills it with SIGKILL, and resolves when everything runs again. */
  async kill(victim: Victim): Promise<void> {
    const pid = await this.#pidOf(victim);
    process.kill(pid, 'SIGKILL');
    await until(`another ${victim}`, async () => (await this.#find(victim)) !== pid, restartMs);
    await this.running();
  }

  async running(): Promise<void> {
    for (const name of ['database', module]) {
      await until(
        `${name} is running`,
        async () => (await this.#calls(() => this.home.module(name)))?.state === 'running',
        restartMs,
      );
    }
  }

  /** Null while it cannot be asked. */
  status(): Promise<CollectorStatus | null> {
    return this.#call<CollectorStatus>('collector.status', {});
  }

  coverage(sinceMs: number): Promise<CollectorCoverage | null> {
    return this.#call('collector.coverage', { since: new Date(sinceMs).toISOString() });
  }

  /** A connection of its own to the collector's database, for as long as the work takes. */
  async withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const pid = await this.#pidOf('module');
    const entry = environmentOf(pid).find((one) => one.startsWith('SUPERBOT_DATABASE_URL='));
    const client = new pg.Client({ connectionString: entry?.slice(entry.indexOf('=') + 1) });
    // Whatever breaks it also rejects the query that is under way.
    client.on('error', (error) => console.error(`the soak's connection: ${error.message}`));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Private memory of the collector after a collection of its garbage. */
  async memory(): Promise<Collected & { readonly pid: number }> {
    const pid = await this.#pidOf('module');
    return { pid, ...(await collected(this.home, pid)) };
  }

  dispose(): Promise<void> {
    return this.home.dispose();
  }

  #pidOf(victim: Victim): Promise<number> {
    return until(`${victim} runs`, () => this.#find(victim));
  }

  async #find(victim: Victim): Promise<number | null> {
    switch (victim) {
      case 'module':
        return (await this.#calls(() => this.home.module(module)))?.pid ?? null;
      case 'daemon':
        return Number(readOrNull(join(this.home.path, 'daemon.pid'))) || null;
      case 'keeper':
        return readKeeperIdentity(this.home.path)?.pid ?? null;
      case 'database':
        return (
          this.home
            .processes()
            .find((pid) => argumentsOf(pid)[0]?.endsWith('/postgres') === true) ?? null
        );
    }
  }

  #call<T>(method: string, params: object): Promise<T | null> {
    return this.#calls(async () => {
      const client = await connect({ home: this.home.path });
      try {
        return (await client.callAny(method, params)) as T;
      } finally {
        await client.close();
      }
    });
  }

  /** Null when nobody answers, as while something is dead. */
  async #calls<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      console.error(`not answered: ${(error as Error).message}`);
      return null;
    }
  }
}

function configOf(urls: VenueState['urls'], folder: string): object {
  const collect = pathToFileURL(join(import.meta.dirname, 'collect.js'));
  collect.searchParams.set('folder', folder);
  const params = {
    ...{ schema, gamma_url: urls.gamma, clob_url: urls.clob, data_url: urls.data },
    ...{ stream_url: urls.stream, metadata_interval: 5, price_interval: 10, token_refresh: 5 },
    ...{ orderbook_interval: 30, resolution_interval: 10, backfill_delays: [4, 15, 40] },
    sweep_interval: 60,
  };
  const database = {
    ...{ type: 'node', module: 'superbot:database', ready: { link: true, timeout: '5m' } },
    ...{ restart: { base_delay: '500ms', max_restarts: 1000 } },
    stop: { signal: 'SIGINT', timeout: '20s' },
  };
  const collector = {
    ...{ type: 'node', module: 'superbot:collector', params },
    ...{ ready: { link: true, timeout: '60s' }, depends_on: { database: 'healthy' } },
    restart: { base_delay: '500ms', max_restarts: 1000 },
    env: { NODE_OPTIONS: `--import=${collect.href}` },
  };
  return { modules: { database, collector }, autostart: ['database', 'collector'] };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
