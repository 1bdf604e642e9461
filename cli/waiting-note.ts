/** Tells somebody who waits for a start what it is waiting for. */
import { RpcError } from '../rpc/errors.ts';
import type { DaemonConnection } from './connect.ts';
import type { Session } from './session.ts';

/** Most modules are ready before anybody asks. */
const patienceMs = 1500;

/** Resolves as `start` does; after a while a remark says what would make the module ready. */
export async function withWaitingNote<T>(
  { output }: Session,
  daemon: DaemonConnection,
  module: string,
  start: Promise<T>,
): Promise<T> {
  let isOver = false;
  const note = (what: string): void => {
    if (!isOver) output.note(`waiting until ${module} is ready${what}`);
  };
  const timer = setTimeout(() => {
    daemon.call('config.get', { path: `daemon.modules.${module}.ready` }).then(
      ({ value }) => note(`: ${conditionOf(value)}`),
      (error: unknown) => note(` (${whyUnknown(error)})`),
    );
  }, patienceMs);
  try {
    return await start;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** @param ready the module's section of that name, as configured */
export function conditionOf(ready: unknown): string {
  const { link, log, http, tcp, after, timeout = '' } = ready as WrittenReady;
  const within = `, within ${timeout}`;
  if (link === true) return `its link says so${within}`;
  if (log !== undefined) return `a line of its output matches ${log}${within}`;
  if (http !== undefined) return `${http} answers${within}`;
  if (tcp !== undefined) return `port ${tcp} answers${within}`;
  if (after !== undefined) return `it has stayed up for ${after}${within}`;
  return `its own port answers${within}`;
}

/** At most one of the first five; a server without any is asked on its port. */
interface WrittenReady {
  readonly link?: true;
  readonly log?: string;
  readonly http?: string;
  readonly tcp?: number;
  readonly after?: string | number;
  readonly timeout?: string | number;
}

function whyUnknown(error: unknown): string {
  return error instanceof RpcError ? error.message : String(error);
}
