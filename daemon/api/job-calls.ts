/** Calls that no connection makes: those of the scheduled jobs. */
import { Socket } from 'node:net';
import type { Caller } from '../../rpc/caller.ts';
import type { Dispatcher } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';
import { Peer } from '../../rpc/peer.ts';

/**
 * Calls a method as an operator's connection would, on behalf of the job, and resolves with its
 * result. Rejects with the RpcError that a client would be answered. A subscription that is opened so
 * ends at once: nobody would read it.
 */
export async function callForJob(
  dispatcher: Dispatcher<Caller>,
  job: string,
  method: string,
  params: object,
  signal: AbortSignal,
): Promise<unknown> {
  const item = { kind: 'call', id: 0, method, params, auth: undefined } as const;
  const caller = callerFor(job, signal);
  const { text, afterwards } = await dispatcher.answer({ kind: 'single', item }, caller);
  for (const callback of afterwards) callback();
  const answer = JSON.parse(text ?? '{}') as {
    result?: unknown;
    error?: { code: number; message: string; data?: unknown };
  };
  if (!answer.error) return answer.result;
  const { code, message, data } = answer.error;
  throw new RpcError(code, message, data);
}

function callerFor(job: string, signal: AbortSignal): Caller {
  const peer = new Peer(new Socket().destroy(), {
    answer: () => Promise.resolve({ text: null, afterwards: [] }),
    limits: { lineBytesMax: 0, callsInFlightMax: 0, takesAnswers: false },
    badLines: 'destroy',
    stopsReadingWhenCongested: false,
  });
  return { id: 0, transport: 'unix', role: 'operator', module: null, job, peer, signal };
}
