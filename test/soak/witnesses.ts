/** Where the modules under test leave word, and where they can be reached. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../support/until.ts';

/** Files in a folder of the world's; one launch a line. Births are of those that are up. */
export const witnesses = { births: 'births', secondCopies: 'second-copies' } as const;

/** An abstract Unix socket (unix(7)): free again in the instant its holder dies. */
export function orderAddress(dir: string, module: string): string {
  return `\0${dir}/${module}`;
}

/** Tells a running module to end with this code; resolves when it is gone. */
export async function orderExit(dir: string, module: string, code: number): Promise<void> {
  // It counts as running from its launch on, and is at its address a moment later.
  const socket = await until(`"${module}" is at its address`, () =>
    reach(orderAddress(dir, module)),
  );
  const gone = once(socket, 'close');
  socket.on('error', () => socket.destroy());
  socket.write(String(code));
  await gone;
}

function reach(address: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(address, () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
