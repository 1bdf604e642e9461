import type { Clock } from '../../api/clock.ts';
import { withDeadline } from '../../api/deadline.ts';
import { RpcError } from '../../api/module.ts';

/** Less than the 30 s that the daemon waits for a module. */
const answerMs = 20_000;

/** Rejects with error -32004 and the reason for what the store did not tell, or not in time. */
export async function readInTime<T>(
  read: Promise<T>,
  clock: Pick<Clock, 'after'>,
  timeoutMs = answerMs,
): Promise<T> {
  try {
    return await withDeadline(read, timeoutMs, { clock, what: 'the store' });
  } catch (error) {
    if (error instanceof RpcError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new RpcError('notRunning', `what was kept of the host cannot be read: ${why}`);
  }
}
