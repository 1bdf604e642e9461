/** What a caller gets while the database does not answer: soon, and with the reason. */
import { DatabaseError } from '../api/database.ts';
import { RpcError } from '../api/module.ts';

/** Less than the 30 s that the daemon waits for a module. */
const answerMs = 20_000;

/** Rejects with error -32004 for what the database did not do, or not in time. */
export async function answering<T>(read: Promise<T>, timeoutMs = answerMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = `no answer within ${timeoutMs / 1000} s`;
    timer = setTimeout(() => reject(new DatabaseError('timeout', why)), timeoutMs);
  });
  try {
    return await Promise.race([read, late]);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new RpcError('notRunning', `the database cannot be asked: ${error.message}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Null instead of what the database did not tell. */
export async function ifItAnswers<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof DatabaseError) return null;
    throw error;
  }
}
