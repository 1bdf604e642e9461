import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { until } from '../support/until.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly count?: number };
}

/** Follows a module's log and stops reading as soon as it is promised the lines. */
export class StalledFollower {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async of(socketPath: string, module: string): Promise<StalledFollower> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    const params = { module, lines: 0 };
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'logs.stream', params })}\n`);
    await once(socket, 'data');
    socket.pause();
    return new StalledFollower(socket);
  }

  /** Reads on; resolves with how many lines came or were said to be lost, once it is that many. */
  async wakeUp(expected: number): Promise<number> {
    let accounted = 0;
    createInterface({ input: this.#socket }).on('line', (line) => {
      const { method, params } = JSON.parse(line) as Message;
      if (method === 'logs.line') accounted++;
      if (method === 'logs.lost') accounted += params?.count ?? 0;
    });
    try {
      await until('every line is accounted for', () => accounted >= expected);
    } catch (error) {
      console.error(`${(error as Error).message}: ${accounted} of ${expected}`);
    }
    this.#socket.destroy();
    return accounted;
  }
}
