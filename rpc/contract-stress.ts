/** What the monitoring module answers: its part of the table in `contract.ts`. */
import * as params from './params.ts';
import { claimed, type MethodRow } from './row.ts';
import {
  eventsParams,
  historyParams,
  pruneParams,
  showParams,
  stressDetail,
  stressEvents,
  stressHistory,
  stressPruned,
  stressStatus,
} from './shapes-stress.ts';

export const stressMethods = {
  'stress.status': claimed(
    'observer',
    'how stressed the host is now, and why',
    params.nothing,
    stressStatus,
  ),
  'stress.events': claimed(
    'observer',
    'pauses of the host and episodes of stress, the newest first',
    eventsParams,
    stressEvents,
  ),
  'stress.show': claimed(
    'observer',
    'one of them, with what came before it and what was captured',
    showParams,
    stressDetail,
  ),
  'stress.history': claimed(
    'observer',
    'samples of a stretch of time, or as many points as asked for, a page at a time',
    historyParams,
    stressHistory,
  ),
  'stress.prune': claimed(
    'operator',
    'remove samples, events and captures that are older than is kept',
    pruneParams,
    stressPruned,
  ),
} as const satisfies Record<string, MethodRow>;
