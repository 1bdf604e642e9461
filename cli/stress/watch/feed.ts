/**
 * What the watch screen shows, as it comes: each sample that the module publishes makes us ask once how
 * the host is. Without any it is asked every few seconds, which finds out that there are none.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NotificationParams } from '../../../rpc/outgoing.ts';
import type { StressEvent, StressStatus } from '../../../rpc/shapes-stress.ts';
import type { DaemonConnection, withDaemon } from '../../connect.ts';
import type { Session } from '../../session.ts';
import type { Bell } from './bell.ts';
import { eventsShown } from './frame.ts';

export type Connect = typeof withDaemon;

export interface FeedReader {
  readonly status: (status: StressStatus) => void;
  readonly events: (events: readonly StressEvent[]) => void;
  /** What else is needed of a new connection, until that has worked once. */
  readonly connected: (daemon: DaemonConnection) => Promise<void>;
  /** In each round, for what is looked at just then. */
  readonly extra: (daemon: DaemonConnection) => Promise<void>;
  /** Why what is shown is old, or not all of it there; null: no longer. */
  readonly problem: (why: string | null) => void;
}

const quietMs = 5000;
/** However fast events come. */
const roundMsMin = 100;
const callTimeoutMs = 5000;
const retryMsMin = 1000;
const retryMsMax = 30_000;

/**
 * Goes on until the signal. Ends of the connection, and a module that does not answer, are problems
 * that the reader is told; after the one it connects again, after 1, 2, 4 … 30 s.
 *
 * @param session its `interrupted` is the signal
 * @throws when there is no first answer
 */
export async function feed(
  session: Session,
  connect: Connect,
  bell: Bell,
  reader: FeedReader,
): Promise<void> {
  const { interrupted } = session;
  let retryMs = retryMsMin;
  let isAnswered = false;
  const mustAnswer = (): boolean => !isAnswered;
  for (;;) {
    try {
      await connect(session, (daemon) =>
        follow(daemon, bell, interrupted, mustAnswer, {
          ...reader,
          status: (status) => {
            isAnswered = true;
            retryMs = retryMsMin;
            reader.status(status);
          },
        }),
      );
    } catch (error) {
      if (interrupted.aborted) return;
      if (mustAnswer()) throw error;
      reader.problem(messageOf(error));
    }
    await pause(retryMs, interrupted);
    if (interrupted.aborted) return;
    retryMs = Math.min(retryMsMax, retryMs * 2);
  }
}

async function follow(
  daemon: DaemonConnection,
  bell: Bell,
  interrupted: AbortSignal,
  mustAnswer: () => boolean,
  reader: FeedReader,
): Promise<void> {
  const known = { isClosed: false as boolean, areEventsOld: true as boolean };
  let isNew = true;
  void daemon.client.closed.then(() => {
    known.isClosed = true;
    bell.ring();
  });
  daemon.client.onNotification((_method, params) => {
    if (topicOf(params) !== 'stress.sample') known.areEventsOld = true;
    bell.ring();
  });
  await daemon.call('events.subscribe', { topics: ['stress.**'] });
  for (;;) {
    try {
      reader.status(await daemon.call('stress.status', {}, callTimeoutMs));
      if (isNew) await reader.connected(daemon);
      isNew = false;
      if (known.areEventsOld) {
        // Before they are read, since they may change meanwhile.
        known.areEventsOld = false;
        reader.events(await readEvents(daemon));
      }
      await reader.extra(daemon);
      reader.problem(null);
    } catch (error) {
      if (mustAnswer() || known.isClosed || interrupted.aborted) throw error;
      known.areEventsOld = true;
      reader.problem(messageOf(error));
    }
    await pause(roundMsMin, interrupted);
    await bell.rung(quietMs, interrupted);
    if (interrupted.aborted) return;
    if (known.isClosed) throw new Error('the daemon has gone');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readEvents(daemon: DaemonConnection): Promise<readonly StressEvent[]> {
  return (await daemon.call('stress.events', { limit: eventsShown }, callTimeoutMs)).events;
}

/** Null for what is no event, such as the news that some were lost. */
function topicOf(params: unknown): string | null {
  const { event } = params as Partial<NotificationParams<'events.event'>>;
  return event?.topic ?? null;
}

/** Ends early with the signal. */
async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await delay(waitMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
