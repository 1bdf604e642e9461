/** The simulated venue of a collector's soak: a process of its own, which no kill of the soak touches. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LedgerResolution, LedgerRow } from '../simulators/polymarket/ledger.ts';
import type { PastFault } from '../simulators/polymarket/faults.ts';
import { compiledTree } from '../support/programs.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

export interface VenueState {
  readonly urls: Record<'gamma' | 'clob' | 'data' | 'stream', string>;
  readonly trades: number;
  readonly markets: number;
  /** Of the stream. */
  readonly connections: number;
  readonly tokens: number;
}

const program = join(compiledTree, 'test', 'simulators', 'polymarket', 'main.js');

export class SoakVenue {
  readonly #child: ChildProcess;
  readonly #control: string;

  private constructor(child: ChildProcess, control: string) {
    this.#child = child;
    this.#control = control;
  }

  /** Resolves when it answers; nothing is traded yet. */
  static async start(settings: Readonly<Record<string, string | number>>): Promise<SoakVenue> {
    const [port, controlPort] = [await freePort(), await freePort()];
    const given = { port, 'control-port': controlPort, paused: 'true', ...settings };
    const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(process.execPath, [program, ...flags], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // When the soak is interrupted nobody else ends it.
    process.once('exit', () => child.kill('SIGKILL'));
    const venue = new SoakVenue(child, `http://127.0.0.1:${controlPort}`);
    await until('the venue answers', async () => {
      try {
        return await venue.state();
      } catch (error) {
        // It does not listen yet.
        if (error instanceof TypeError && child.exitCode === null) return null;
        throw error;
      }
    });
    return venue;
  }

  state(): Promise<VenueState> {
    return this.#get<VenueState>('/state');
  }

  async pause(): Promise<void> {
    await this.#ask('/pause', { method: 'POST' });
  }

  async resume(): Promise<void> {
    await this.#ask('/resume', { method: 'POST' });
  }

  /** Fills that were matched from then on, before then. */
  async countBetween(fromMs: number, untilMs: number): Promise<number> {
    const path = `/count?from_ms=${fromMs}&until_ms=${untilMs}`;
    return (await this.#get<{ trades: number }>(path)).trades;
  }

  async faults(): Promise<readonly PastFault[]> {
    return (await this.#get<{ rows: PastFault[] }>('/faults')).rows;
  }

  async resolutions(): Promise<readonly LedgerResolution[]> {
    return (await this.#get<{ rows: LedgerResolution[] }>('/resolutions')).rows;
  }

  /** The whole ledger, page by page. */
  async *ledger(): AsyncGenerator<readonly LedgerRow[]> {
    let from: number | null = 0;
    while (from !== null) {
      const page: { rows: LedgerRow[]; next: number | null } = await this.#get(
        `/trades?from=${from}`,
      );
      yield page.rows;
      from = page.next;
    }
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #get<T>(path: string): Promise<T> {
    return (await this.#ask(path, {})).json() as Promise<T>;
  }

  async #ask(path: string, request: RequestInit): Promise<Response> {
    const response = await fetch(this.#control + path, request);
    if (!response.ok)
      throw new Error(`cannot ask the venue ${path}: it answers ${response.status}`);
    return response;
  }
}
