import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Clock, realClock } from '../../../../modules/api/clock.ts';
import { type Database, openDatabase } from '../../../../modules/api/database.ts';
import { HttpClient } from '../../../../modules/api/http.ts';
import { createLogger, type Logger } from '../../../../modules/api/log.ts';
import type { Store } from '../../../../modules/collector/store.ts';
import { openStore } from '../../../../modules/collector/store/open.ts';
import {
  openVenue,
  type Venue,
  type VenueOptions,
} from '../../../../modules/collector/venue/venue.ts';
import { type Answer, type Asked, VenueServer } from '../venue/venue-server.ts';
import { openSimulator, type Simulator } from '../../../simulators/polymarket/simulator.ts';
import type { SimulatorOptions } from '../../../simulators/polymarket/options.ts';

let schemas = 0;

/** What a test of collectors works with: a real database, a real store, and a venue over real HTTP. */
export class Collecting {
  readonly database: Database;
  readonly schema: string;
  readonly store: Store;
  readonly #ends: (() => unknown)[];
  /** Lines that were logged. */
  readonly logged: string[] = [];
  readonly log: Logger = createLogger((line) => this.logged.push(line));

  private constructor(database: Database, schema: string, store: Store, ends: (() => unknown)[]) {
    this.database = database;
    this.schema = schema;
    this.store = store;
    this.#ends = ends;
  }

  /** In a schema of its own. */
  static async open(url: string, clock: Clock = realClock): Promise<Collecting> {
    const folder = mkdtempSync(path.join(tmpdir(), 'superbot-collecting-'));
    const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    const schema = `collector_${(schemas += 1)}`;
    const log = createLogger(() => undefined);
    const database = openDatabase({ url, schema, log });
    ends.push(() => database.close());
    const retention = { price_snapshots: null, orderbook_snapshots: null, trades: null };
    const opened = await openStore({
      database,
      schema,
      retention,
      spillFolder: folder,
      clock,
      log,
    });
    ends.push(() => opened.close(5000));
    return new Collecting(database, schema, opened.store, ends);
  }

  /** A venue that answers as the test says. */
  async served(
    answer: (asked: Asked, number: number) => Answer | Promise<Answer>,
  ): Promise<{ server: VenueServer; venue: Venue }> {
    const server = await VenueServer.open(answer);
    this.#ends.push(() => server.close());
    return { server, venue: this.#venue(server.urls) };
  }

  async simulated(
    options: Partial<SimulatorOptions>,
  ): Promise<{ simulator: Simulator; venue: Venue }> {
    const simulator = await openSimulator(options);
    this.#ends.push(() => simulator.close());
    return { simulator, venue: this.#venue(simulator.urls) };
  }

  live(urls: VenueOptions['urls']): Venue {
    return this.#venue(urls);
  }

  async rows(
    query: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.database.query(query, values)).rows;
  }

  async count(table: string): Promise<number> {
    return Number((await this.rows(`SELECT count(*) AS n FROM ${table}`))[0]?.['n']);
  }

  /** What was put into the quarantine and is written by now, oldest first. */
  async quarantined(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    await this.store.coverage.flush();
    return this.rows('SELECT * FROM quarantine ORDER BY id');
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        // The others are to end all the same.
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #venue(urls: VenueOptions['urls']): Venue {
    const http = new HttpClient({ retry: { baseDelayMs: 1 } });
    this.#ends.push(() => http.close());
    return openVenue({ http, urls, clock: realClock });
  }
}
