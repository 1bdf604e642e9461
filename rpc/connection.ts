/**
 * One connection to the server: who the caller is, and what it may say before that is known.
 *
 * Where a token is required the first message must bring it: a member `auth`, auth.login or
 * link.hello. Until then one call at a time, 4 KB, and a deadline; JSON without a valid token gets
 * −32001 and the connection closes; anything that is not JSON gets nothing.
 */
import type { Socket } from 'node:net';
import { identifyCaller, type Caller, type Identify } from './caller.ts';
import { errorText, type Answer, type Calls, type Dispatcher } from './dispatch.ts';
import type { CallItem, RefusedItem } from './envelope.ts';
import { RpcError } from './errors.ts';
import { Peer } from './peer.ts';
import { refusalOf, type OnRefusal } from './refusal.ts';
import type { Turns } from './turns.ts';

export interface ConnectionOptions {
  readonly id: number;
  readonly transport: 'unix' | 'tcp';
  readonly isAuthRequired: boolean;
  readonly identify: Identify;
  readonly dispatcher: Dispatcher<Caller>;
  readonly messageBytesMax: number;
  readonly callsInFlightMax: number;
  readonly authTimeoutMs: number;
  readonly turns: Turns;
  /** Called once, when the caller has become known. */
  readonly onIdentified: () => void;
  readonly onRefusal: OnRefusal;
}

const limitsBeforeAuth = { lineBytesMax: 4096, callsInFlightMax: 1, takesAnswers: false };

export function openConnection(socket: Socket, options: ConnectionOptions): Caller {
  const open = {
    lineBytesMax: options.messageBytesMax,
    callsInFlightMax: options.callsInFlightMax,
    takesAnswers: true,
  };
  const peer = new Peer(socket, {
    answer: (calls) => (caller.role === null ? admit(calls) : answerKnown(calls)),
    limits: options.isAuthRequired ? limitsBeforeAuth : open,
    badLines: options.isAuthRequired ? 'destroy' : 'answer',
    stopsReadingWhenCongested: true,
    turns: options.turns,
  });
  const caller: Caller = {
    id: options.id,
    transport: options.transport,
    role: options.isAuthRequired ? null : 'operator',
    module: null,
    job: null,
    peer,
    signal: peer.signal,
  };
  const timer = setTimeout(() => {
    if (caller.role !== null) return;
    tell(null, `nothing said who it is within ${options.authTimeoutMs} ms`);
    peer.destroy(new Error('authentication took too long'));
  }, options.authTimeoutMs);
  caller.signal.addEventListener('abort', () => {
    clearTimeout(timer);
    const reason: unknown = caller.signal.reason;
    if (caller.role === null && reason instanceof RpcError) tell(null, reason.message);
  });
  if (!options.isAuthRequired) onKnown();
  return caller;

  function onKnown(): void {
    clearTimeout(timer);
    peer.setLimits(open);
    options.onIdentified();
  }

  function tell(method: string | null, why: string): void {
    const error = new RpcError('unauthenticated', why);
    const refusal = refusalOf(error, method, caller);
    if (refusal !== null) options.onRefusal(refusal);
  }

  async function admit(calls: Calls): Promise<Answer> {
    const first = calls.kind === 'single' ? calls.item : calls.items[0];
    if (first?.kind === 'call') {
      if (first.auth !== undefined) {
        acceptAuth(first);
        if (isKnown(caller)) {
          onKnown();
          return answerKnown(calls);
        }
      } else if (calls.kind === 'single' && introducing.has(first.method)) {
        const answer = await options.dispatcher.answer(calls, caller);
        if (isKnown(caller)) {
          onKnown();
          return answer;
        }
        tell(first.method, 'the token that it brought first is nobody’s');
      } else tell(first.method, 'its first message brought no token');
    } else tell(null, 'its first message was no call');
    // The same few words whatever was wrong: nothing is told to strangers.
    const text = errorText(first?.id ?? null, unauthenticated());
    return { text, afterwards: [() => void peer.close()] };
  }

  function answerKnown(calls: Calls): Answer | Promise<Answer> {
    const checked: Calls =
      calls.kind === 'single'
        ? { kind: 'single', item: acceptAuth(calls.item) }
        : { kind: 'batch', items: calls.items.map(acceptAuth) };
    return options.dispatcher.answer(checked, caller);
  }

  /** A valid `auth` says who the connection is from now on; a wrong one refuses that call. */
  function acceptAuth(item: CallItem | RefusedItem): CallItem | RefusedItem {
    if (item.kind === 'refused' || item.auth === undefined) return item;
    const identity = typeof item.auth === 'string' ? options.identify(item.auth) : null;
    if (identity === null) {
      tell(item.method, 'the token in its member auth is nobody’s');
      return { kind: 'refused', id: item.id, error: unauthenticated() };
    }
    identifyCaller(caller, identity);
    return item;
  }
}

/** The methods whose handlers say who the caller is. */
const introducing: ReadonlySet<string> = new Set(['auth.login', 'link.hello']);

function isKnown(caller: Caller): boolean {
  return caller.role !== null;
}

function unauthenticated(): RpcError {
  return new RpcError('unauthenticated', 'authentication failed');
}
