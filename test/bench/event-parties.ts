/** The processes between which events are measured: one that publishes, ten that hear. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Order, Report } from './event-party.ts';

export const earsMax = 10;
export const partyNames = ['feed', ...Array.from({ length: earsMax }, (_, at) => `ear${at}`)];

export interface Heard {
  /** Of all who heard, from the first publication until the last has heard the last event. */
  readonly deliveriesPerSecond: number;
  readonly delaysUs: readonly number[];
}

export interface Run {
  readonly events: number;
  readonly ears: number;
  /** Null for as fast as they are heard. */
  readonly perSecond: number | null;
}

/** One side's processes, once each of them has connected to the control socket. */
export class EventParties {
  readonly #server: Server;
  readonly #parties = new Map<string, Party>();
  #onParty: () => void = () => undefined;

  /** @param path of the control socket */
  constructor(path: string) {
    this.#server = createServer((socket) => {
      const party: Party = new Party(socket, (name) => {
        this.#parties.set(name, party);
        this.#onParty();
      });
    }).listen(path);
  }

  async allHere(): Promise<void> {
    while (this.#parties.size < partyNames.length)
      await new Promise<void>((resolve) => (this.#onParty = resolve));
  }

  async run({ events, ears, perSecond }: Run): Promise<Heard> {
    const feed = this.party('feed');
    const hearing = Array.from({ length: ears }, (_, at) => this.party(`ear${at}`));
    await Promise.all(
      hearing.map((ear) => ear.ask({ order: 'hear', events, mayMiss: false }, 'hearing')),
    );
    const tellSlowest = () =>
      feed.tell({ order: 'heard', count: Math.min(...hearing.map(({ heard }) => heard)) });
    for (const ear of hearing) ear.onHeard = tellSlowest;
    const startedMs = performance.now();
    const all = hearing.map((ear) => ear.next('done'));
    feed.tell({ order: 'publish', events, perSecond });
    const delaysUs = (await Promise.all(all)).flatMap((report) => report.delaysUs);
    const seconds = (performance.now() - startedMs) / 1000;
    return { deliveriesPerSecond: (events * ears) / seconds, delaysUs };
  }

  party(name: string): Party {
    const party = this.#parties.get(name);
    if (party === undefined) throw new Error(`there is no party "${name}"`);
    return party;
  }

  /** They end with their connections. */
  close(): void {
    for (const party of this.#parties.values()) party.close();
    this.#server.close();
  }
}

class Party {
  pid = 0;
  heard = 0;
  onHeard: () => void = () => undefined;
  readonly #socket: Socket;
  #onReport: (report: Report) => void = () => undefined;
  #onGone: (error: Error) => void = () => undefined;

  constructor(socket: Socket, onHere: (name: string) => void) {
    this.#socket = socket;
    socket.once('close', () => this.#onGone(new Error('a party of the bench has died')));
    createInterface({ input: socket }).on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if (report.report === 'here') {
        this.pid = report.pid;
        onHere(report.name);
      } else if (report.report === 'heard') {
        this.heard = report.count;
        this.onHeard();
      } else this.#onReport(report);
    });
  }

  tell(order: Order): void {
    this.#socket.write(`${JSON.stringify(order)}\n`);
  }

  ask<R extends Report['report']>(order: Order, answer: R): Promise<Report & { report: R }> {
    this.heard = 0;
    this.tell(order);
    return this.next(answer);
  }

  next<R extends Report['report']>(kind: R): Promise<Report & { report: R }> {
    return new Promise((resolve, reject) => {
      this.#onGone = reject;
      this.#onReport = (report) => {
        if (report.report === kind) resolve(report as Report & { report: R });
      };
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** As modules of a daemon: the value of `modules:`. */
export function partyModules(compiledTree: string, control: string): Record<string, object> {
  const command = [process.execPath, join(compiledTree, 'test/bench/modules/event-party.js')];
  const party = { type: 'exec', command, ready: { after: '0s' }, params: { control } };
  return Object.fromEntries(partyNames.map((name) => [name, party]));
}

/** Clients of the bare broker, or of what the given program speaks to. */
export async function withBareParties<T>(
  control: string,
  broker: string | ((name: string) => string),
  use: () => Promise<T>,
  file = 'bare-event-party.js',
): Promise<T> {
  const program = join(import.meta.dirname, 'floor', file);
  const children: ChildProcess[] = partyNames.map((name) =>
    spawn(
      process.execPath,
      [program, control, name, typeof broker === 'string' ? broker : broker(name)],
      { stdio: ['ignore', 2, 2] },
    ),
  );
  try {
    return await use();
  } finally {
    const running = children.filter(
      ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
    );
    const ends = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(ends);
  }
}
