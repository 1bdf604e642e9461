/** Whether a Redis that answers also takes what a cache asks of it. */
import type { ChainableCommander, Redis } from 'ioredis';
import { readCommands } from './kept.ts';
import { isRefusal } from './session.ts';

/**
 * Sets a value that expires at once, reads it, deletes it and tells of it: whatever Redis has against
 * one of these, it is known before a module meets it. Rejects with what that is; null when the
 * connection broke.
 * @param key that nobody else uses
 */
export async function tryOut(
  commands: Redis,
  { key, channel, news }: { readonly key: string; readonly channel: string; readonly news: string },
): Promise<true | null> {
  const pipeline = commands.pipeline().set(key, '', 'PX', 1);
  readCommands(pipeline, key);
  const answers = await answersOf(pipeline.del(key).publish(channel, news));
  return answers === null ? null : true;
}

/** Of each command; null when there is no connection any more. Rejects with what Redis refuses. */
export async function answersOf(pipeline: ChainableCommander): Promise<unknown[] | null> {
  const answers = (await pipeline.exec()) ?? [];
  for (const [error] of answers) {
    // A key of another type is somebody else's: a read of it is a miss, and a write takes its place.
    if (error === null || error.message.startsWith('WRONGTYPE')) continue;
    if (isRefusal(error)) throw error;
    return null;
  }
  return answers.map(([, answer]) => answer);
}
