/** What the module answers: one function for each method of `rpc/contract-stress.ts`. */
import { RpcError } from '../../api/module.ts';
import type { Forensics } from '../forensics/forensics.ts';
import type { Learned } from '../learning.ts';
import type { Monitor } from '../monitor.ts';
import type { MonitoringParams } from '../params.ts';
import { answerHistory, historyRowOf } from '../store/history.ts';
import type { MonitorStore } from '../store.ts';
import { happeningOnWire } from '../wire.ts';
import { asking } from './asking.ts';
import { captureOnWire } from './capture.ts';
import { pruneAll } from './prune.ts';
import { checked, eventsRequest, historyRequest, pruneRequest, showRequest } from './requests.ts';
import { statusOf } from './status.ts';

/** What is asked. */
export interface Watched {
  readonly monitor: Pick<Monitor, 'state'>;
  readonly store: MonitorStore;
  readonly forensics: Pick<Forensics, 'folders' | 'read' | 'remove'>;
  readonly params: Pick<MonitoringParams, 'sampling' | 'retention'>;
  /** Null unless in learning mode. */
  readonly learned: () => Learned | null;
  readonly startedAtMs: number;
  readonly nowMs: () => number;
}

const dayMs = 86_400_000;
const countedMax = 1000;
/** A status is of use without what is stored, and soon. */
const statusReadMs = 3000;
/** Of a happening, and at most so many samples of it. */
const beforeMs = 30_000;
const beforeMax = 100;

/** @param watched throws where nothing can be asked yet */
export function answersOf(
  watched: () => Watched,
): Readonly<Record<`stress.${string}`, (given: unknown) => Promise<unknown>>> {
  return {
    'stress.status': () => status(watched()),
    'stress.events': (given) => events(watched(), given),
    'stress.show': (given) => show(watched(), given),
    'stress.history': (given) => history(watched(), given),
    'stress.prune': (given) => prune(watched(), given),
  };
}

async function status(asked: Watched) {
  const { monitor, store, params, learned, startedAtMs, nowMs } = asked;
  const lastDay = await countOfDay(store, nowMs());
  const { state } = monitor;
  const { sampling } = params;
  return statusOf({ state, sampling, store, learned: learned(), lastDay, startedAtMs }, nowMs());
}

async function countOfDay(store: MonitorStore, nowMs: number) {
  try {
    const read = store.happenings({ limit: countedMax, sinceMs: nowMs - dayMs });
    const happenings = await asking(read, statusReadMs);
    const count = (kind: string) => happenings.filter((one) => one.kind === kind).length;
    return { pauses: count('pause'), elevated: count('elevated'), critical: count('critical') };
  } catch (error) {
    // The status says what its store suffers from.
    if (error instanceof RpcError) return null;
    throw error;
  }
}

async function events({ store }: Watched, given: unknown) {
  const { limit, since, kind } = checked(eventsRequest, given);
  const query = {
    limit,
    ...(kind === undefined ? {} : { kinds: [kind] }),
    ...(since === undefined ? {} : { sinceMs: since }),
  };
  return { events: (await asking(store.happenings(query))).map(happeningOnWire) };
}

async function show({ store, forensics }: Watched, given: unknown) {
  const { id } = checked(showRequest, given);
  const happening = await asking(store.happening(id));
  if (happening === null) {
    const problem = `no event ${id} of the host is kept: see "superbot-cli stress events"`;
    throw new RpcError('notFound', problem);
  }
  const { atMs, folder } = happening;
  const span = { afterMs: atMs - beforeMs, untilMs: atMs, limit: beforeMax };
  const [samples, capture] = await asking(
    Promise.all([store.samples(span), folder === null ? null : forensics.read(folder)]),
  );
  return {
    event: happeningOnWire(happening),
    before: samples.map((one) => historyRowOf([one], one.sample.atMs)),
    forensics: capture === null ? null : captureOnWire(capture),
  };
}

async function history({ store }: Watched, given: unknown) {
  const { from, to, points, after, limit } = checked(historyRequest, given);
  const span = { fromMs: from, toMs: to, limit };
  return asking(answerHistory(store, { ...span, points: points ?? null, after: after ?? null }));
}

async function prune({ store, forensics, params, nowMs }: Watched, given: unknown) {
  const { dry_run: dryRun, samples_days, events_days } = checked(pruneRequest, given);
  const { samplesDays, eventsDays } = params.retention;
  const limits = {
    samplesBeforeMs: nowMs() - (samples_days ?? samplesDays) * dayMs,
    happeningsBeforeMs: nowMs() - (events_days ?? eventsDays) * dayMs,
  };
  return asking(pruneAll({ store, forensics }, limits, { dryRun }));
}
