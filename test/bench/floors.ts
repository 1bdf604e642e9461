/** Runs the floors: small programs in `floor/` that do a thing with nothing around it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Order } from './floor/bare-parent.ts';

export interface BareParent {
  readonly pid: number;
  /** Resolves when it says that it is done. */
  order(order: Order): Promise<void>;
}

export async function withBareParent<T>(use: (parent: BareParent) => Promise<T>): Promise<T> {
  const child = forkFloor('bare-parent.js', []);
  try {
    return await use({ pid: child.pid ?? 0, order: (order) => tell(child, order) });
  } finally {
    await tell(child, { order: 'stop' });
    await end(child);
  }
}

/** Answers every request on a socket with this result. */
export async function withEchoServer<T>(
  socketPath: string,
  result: unknown,
  use: () => Promise<T>,
): Promise<T> {
  const child = forkFloor('echo-server.js', [socketPath]);
  try {
    await tell(child, { result });
    return await use();
  } finally {
    await end(child);
  }
}

/**
 * Hands every event to whoever has subscribed on its socket.
 * @param redisUrl also to those of every other broker with the same one
 */
export async function withEventBroker<T>(
  socketPath: string,
  use: () => Promise<T>,
  redisUrl?: string,
): Promise<T> {
  const child =
    redisUrl === undefined
      ? forkFloor('event-broker.js', [socketPath])
      : forkFloor('redis-broker.js', [socketPath, redisUrl]);
  try {
    await once(child, 'message');
    return await use();
  } finally {
    await end(child);
  }
}

/** Asks whoever connects to the socket once a second. */
export async function withAskingServer<T>(
  socketPath: string,
  use: (pid: number) => Promise<T>,
): Promise<T> {
  const child = forkFloor('asking-server.js', [socketPath]);
  try {
    await once(child, 'message');
    return await use(child.pid ?? 0);
  } finally {
    await end(child);
  }
}

function forkFloor(program: string, args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, 'floor', program), args);
}

async function tell(child: ChildProcess, message: object): Promise<void> {
  const settled = new AbortController();
  const options = { signal: settled.signal };
  const died = once(child, 'exit', options).then(() => {
    throw new Error('the floor program ended before it answered');
  });
  child.send(message);
  await Promise.race([once(child, 'message', options), died]);
  settled.abort();
}

async function end(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, 'exit');
}
