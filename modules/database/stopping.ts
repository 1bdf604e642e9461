/**
 * How a server is ended: gently, and then, since a fast shutdown sometimes hangs in the middle of a
 * recovery, less and less so. What was committed survives each of these.
 */
import { clusterProcesses, goneWithin, signalTo } from './cluster-processes.ts';

export interface StoppedServer {
  readonly pid: number;
  readonly cluster: string;
  readonly isGone: () => boolean;
  /** Writes down what is in memory, so that the end is short; it may fail or take too long. */
  readonly checkpoint: () => Promise<unknown>;
}

/** SIGINT disconnects everybody and writes all down; SIGQUIT ends at once and recovers at the start. */
const signals = ['SIGINT', 'SIGQUIT'] as const;
/** How long each has, in milliseconds. */
type Patience = Readonly<Record<(typeof signals)[number], number>>;
const patienceDefault: Patience = { SIGINT: 3000, SIGQUIT: 5000 };
const killPatienceMs = 5000;

/** Resolves with the signal that it took when nothing of it runs. Rejects when even SIGKILL did not. */
export async function stopServer(
  server: StoppedServer,
  onStep: (doing: string, error?: unknown) => void,
  patience = patienceDefault,
): Promise<NodeJS.Signals> {
  const isGone = () => server.isGone() && clusterProcesses(server.cluster).length === 0;
  await server.checkpoint().catch((error: unknown) => {
    onStep('no checkpoint before the end: the next start has more to recover', error);
  });
  for (const signal of signals) {
    signalTo(server.pid, signal);
    if (await goneWithin(patience[signal], isGone)) return signal;
    onStep(`it has not ended ${patience[signal] / 1000} s after ${signal}`);
  }
  // First the postmaster: it would start another in the place of each of the others.
  for (const pid of [server.pid, ...clusterProcesses(server.cluster)]) signalTo(pid, 'SIGKILL');
  if (await goneWithin(killPatienceMs, isGone)) return 'SIGKILL';
  throw new Error(`the database server (pid ${server.pid}) survives SIGKILL`);
}
