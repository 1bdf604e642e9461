/** What the module answers: one function for each method of `rpc/contract-stress.ts`. */
import type { Clock } from '../../api/clock.ts';
import { RpcError } from '../../api/module.ts';
import type { Forensics } from '../forensics/forensics.ts';
import type { Learned } from '../learning.ts';
import type { Monitor } from '../monitor.ts';
import type { MonitoringParams } from '../params.ts';
import { answerHistory, historyRowOf } from '../store/history.ts';
import { pruneLimits } from '../store/retention.ts';
import type { MonitorStore } from '../store.ts';
import { captureOnWire, happeningOnWire } from '../wire.ts';
import { pruneAll } from './prune.ts';
import { readInTime } from './read-in-time.ts';
import { checked, eventsRequest, historyRequest, pruneRequest, showRequest } from './requests.ts';
import { statusOf } from './status.ts';

/** What can be asked. */
export interface MonitoringParts {
  readonly monitor: Pick<Monitor, 'state'>;
  readonly store: MonitorStore;
  readonly forensics: Pick<Forensics, 'folders' | 'read' | 'remove'>;
  readonly params: Pick<MonitoringParams, 'sampling' | 'retention'>;
  /** Null unless in learning mode. */
  readonly learned: () => Learned | null;
  readonly startedAtMs: number;
  readonly clock: Clock;
}

const dayMs = 86_400_000;
const countedMax = 1000;
/** A status is of use without what is stored, and soon. */
const statusReadMs = 3000;
/** Of a happening, and at most so many samples of it. */
const beforeMs = 30_000;
const beforeMax = 100;

/** @param parts throws where nothing can be asked yet */
export function answersOf(
  parts: () => MonitoringParts,
): Readonly<Record<`stress.${string}`, (given: unknown) => Promise<unknown>>> {
  return {
    'stress.status': () => status(parts()),
    'stress.events': (given) => events(parts(), given),
    'stress.show': (given) => show(parts(), given),
    'stress.history': (given) => history(parts(), given),
    'stress.prune': (given) => prune(parts(), given),
  };
}

async function status(asked: MonitoringParts) {
  const { monitor, store, params, learned, startedAtMs, clock } = asked;
  const lastDay = await countOfDay(asked);
  const { state } = monitor;
  const { sampling } = params;
  const parts = { state, sampling, store, learned: learned(), lastDay, startedAtMs };
  return statusOf(parts, clock.now());
}

async function countOfDay({ store, clock }: MonitoringParts) {
  try {
    const read = store.happenings({ limit: countedMax, sinceMs: clock.now() - dayMs });
    const happenings = await readInTime(read, clock, statusReadMs);
    const count = (kind: string) => happenings.filter((one) => one.kind === kind).length;
    return { pauses: count('pause'), elevated: count('elevated'), critical: count('critical') };
  } catch (error) {
    // The status says what its store suffers from.
    if (error instanceof RpcError) return null;
    throw error;
  }
}

async function events({ store, clock }: MonitoringParts, given: unknown) {
  const { limit, since, kind } = checked(eventsRequest, given);
  const query = {
    limit,
    ...(kind === undefined ? {} : { kinds: [kind] }),
    ...(since === undefined ? {} : { sinceMs: since }),
  };
  return { events: (await readInTime(store.happenings(query), clock)).map(happeningOnWire) };
}

async function show({ store, forensics, clock }: MonitoringParts, given: unknown) {
  const { id } = checked(showRequest, given);
  const happening = await readInTime(store.happening(id), clock);
  if (happening === null) {
    const problem = `no event ${id} of the host is kept: see "superbot-cli stress events"`;
    throw new RpcError('notFound', problem);
  }
  const { atMs, folder } = happening;
  const span = { afterMs: atMs - beforeMs, untilMs: atMs, limit: beforeMax };
  const [samples, capture] = await readInTime(
    Promise.all([store.samples(span), folder === null ? null : forensics.read(folder)]),
    clock,
  );
  return {
    event: happeningOnWire(happening),
    before: samples.map((one) => historyRowOf([one], one.sample.atMs)),
    forensics: capture === null ? null : captureOnWire(capture),
  };
}

async function history({ store, clock }: MonitoringParts, given: unknown) {
  const { from, to, points, after, limit } = checked(historyRequest, given);
  const span = { fromMs: from, toMs: to, limit };
  const asked = { ...span, points: points ?? null, after: after ?? null };
  return readInTime(answerHistory(store, asked), clock);
}

async function prune({ store, forensics, params, clock }: MonitoringParts, given: unknown) {
  const { dry_run: dryRun, samples_days, events_days } = checked(pruneRequest, given);
  const { samplesDays, eventsDays } = params.retention;
  const daysKept = { samples: samples_days ?? samplesDays, events: events_days ?? eventsDays };
  const limits = pruneLimits(daysKept, clock.now());
  return readInTime(pruneAll({ store, forensics }, limits, { dryRun }), clock);
}
