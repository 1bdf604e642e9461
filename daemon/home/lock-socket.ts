/**
 * A mutex that dies with its holder: a listening socket in Linux's abstract namespace (unix(7)). Who
 * connects is told in one line who the holder is and what it is doing.
 */
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';

/** A daemon that is starting on a busy machine may be as slow as that. */
const answerTimeoutMs = 5000;

/** `moved`: its home is not at its path any more. */
export type LockPhase = 'starting' | 'serving' | 'ending' | 'moved';

export interface LockHolder {
  /** False when it broke off without a word: it has ended, or does so now. */
  readonly isThere: boolean;
  /** Null when it did not say. */
  readonly pid: number | null;
  readonly phase: string | null;
}

/** Resolves with what gives the name back; with null when another process, or this one, has it. */
export async function takeName(
  name: string,
  phase: () => LockPhase,
): Promise<(() => Promise<void>) | null> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    // Destroyed as soon as the line is out: anybody may connect, and nobody may hold the lock up.
    socket.end(`${process.pid} ${phase()}\n`, () => socket.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(name, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw error;
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Asks who has the name; one that hangs is there and says nothing. */
export async function askHolder(name: string): Promise<LockHolder> {
  const socket = connect(name);
  let hangs = false;
  socket.setTimeout(answerTimeoutMs, () => {
    hangs = true;
    socket.destroy();
  });
  try {
    const [pid, phase] = (await text(socket)).trim().split(' ');
    const said = Number(pid) > 0;
    return { isThere: said, pid: said ? Number(pid) : null, phase: phase ?? null };
  } catch {
    // What it would say is only a help in a message.
    return { isThere: hangs, pid: null, phase: null };
  }
}
