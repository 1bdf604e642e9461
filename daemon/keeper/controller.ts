/** The keeper's socket: serves one daemon at a time, the one that said hello last. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Custody } from './custody.ts';
import { readJsonLines, writeJsonLine, writeJsonLineSoon } from './json-lines.ts';
import { KeeperError } from './keeper-error.ts';
import {
  type DaemonLaunch,
  joinedOperations,
  type KeeperEvent,
  type KeeperLine,
  type KeeperOperation,
  type KeeperRequests,
  protocolVersion,
  requestBytesMax,
} from './protocol.ts';

/** A daemon that reads its events slower than this is told how many lines it missed. */
const unreadBytesMax = 4 * 1024 * 1024;

export interface ControllerOptions {
  readonly socketPath: string;
  readonly custody: Custody;
  readonly onHello: (daemonPid: number, revive: DaemonLaunch | null) => void;
  /** The connection of the one that said hello last is gone. */
  readonly onLeft: () => void;
  readonly onGoodbye: () => void;
  readonly onEnd: () => void;
  readonly warn: (text: string) => void;
}

interface Request {
  readonly id: number;
  readonly op: KeeperOperation;
  readonly params: never;
}

export class Controller {
  readonly #options: ControllerOptions;
  #server: Server | null = null;
  readonly #skipped = new Map<string, number>();
  #daemon: Socket | null = null;
  #epoch = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** Also anew, when somebody removed the socket; connections stay. */
  async listen(): Promise<void> {
    // First, because it removes whatever has the path.
    this.#server?.close();
    rmSync(this.#options.socketPath, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options.socketPath, resolve);
    });
  }

  close(): void {
    this.#server?.close();
    this.#daemon?.end();
  }

  send(event: KeeperEvent): void {
    if (this.#daemon) writeJsonLineSoon(this.#daemon, event);
  }

  sendLine(line: KeeperLine): void {
    const daemon = this.#daemon;
    if (!daemon) return;
    if (daemon.writableLength > unreadBytesMax) {
      this.#skipped.set(line.module, (this.#skipped.get(line.module) ?? 0) + 1);
      return;
    }
    this.#tellSkipped(daemon);
    writeJsonLine(daemon, { event: 'line', line } satisfies KeeperEvent);
  }

  #tellSkipped(daemon: Socket): void {
    for (const [name, count] of this.#skipped) {
      writeJsonLine(daemon, { event: 'skipped', name, count } satisfies KeeperEvent);
    }
    this.#skipped.clear();
  }

  #serve(socket: Socket): void {
    socket.on('error', (error) => this.#options.warn(`connection lost: ${error.message}`));
    // Also when no line comes any more.
    socket.on('drain', () => {
      if (this.#daemon === socket) this.#tellSkipped(socket);
    });
    socket.on('close', () => {
      if (this.#daemon !== socket) return;
      this.#daemon = null;
      this.#options.onLeft();
    });
    readJsonLines(socket, requestBytesMax, (message) => this.#receive(socket, message as Request));
  }

  #receive(socket: Socket, request: Request): void {
    if (request.op === 'hello') this.#takeOver(socket, request.params);
    if (socket !== this.#daemon) {
      socket.destroy();
      return;
    }
    const write = joinedOperations.has(request.op) ? writeJsonLineSoon : writeJsonLine;
    this.#answer(request).then(
      (result) => write(socket, { id: request.id, result }),
      (error: unknown) => write(socket, { id: request.id, error: describe(error) }),
    );
  }

  #takeOver(socket: Socket, hello: KeeperRequests['hello']['params']): void {
    const earlier = this.#daemon;
    this.#daemon = socket;
    this.#epoch++;
    this.#skipped.clear();
    void this.#options.custody.follow([]);
    if (earlier && earlier !== socket) {
      writeJsonLine(earlier, { event: 'superseded', by: hello.pid } satisfies KeeperEvent);
      earlier.destroySoon();
    }
    this.#options.onHello(hello.pid, hello.revive);
  }

  async #answer({ op, params }: Request): Promise<unknown> {
    const { custody, onGoodbye } = this.#options;
    const epoch = this.#epoch;
    const requests: { [O in KeeperOperation]: (params: KeeperRequests[O]['params']) => unknown } = {
      hello: () => ({
        version: protocolVersion,
        pid: process.pid,
        epoch,
        children: custody.list(),
      }),
      prepare: ({ names }) => custody.prepare(names),
      spawn: (spec) => custody.spawn(spec, () => epoch === this.#epoch),
      stop: async ({ name, launch, rule }) => ({
        survivors: await custody.stop(name, launch, rule),
      }),
      kill_all: async () => ({ survivors: await custody.killAll() }),
      forget: ({ name, launch }) => custody.forget(name, launch),
      release: ({ name }) => custody.release(name),
      discard: ({ name }) => custody.discard(name),
      adopt: () => {
        custody.adopt();
        return { children: custody.list() };
      },
      goodbye: () => onGoodbye(),
      follow: async ({ names }) => ({ seq: await custody.follow(names) }),
      end: () => this.#end(),
    };
    if (!Object.hasOwn(requests, op)) {
      throw new KeeperError('bad_request', `this keeper knows no request "${op}"`);
    }
    return (await requests[op](params)) ?? {};
  }

  #end(): void {
    const { custody, onEnd } = this.#options;
    if (custody.liveCount > 0) {
      throw new KeeperError('already_running', `${custody.liveCount} children are alive`);
    }
    // The answer goes first: leaving ends the connection that it has to take.
    setImmediate(onEnd);
  }
}

function describe(error: unknown): { code: string; message: string; errno?: string } {
  if (error instanceof KeeperError) {
    const { code, message, errno } = error;
    return errno === undefined ? { code, message } : { code, message, errno };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
