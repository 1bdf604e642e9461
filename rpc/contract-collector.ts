/** What the collector module answers: its part of the table in `contract.ts`. */
import * as params from './params.ts';
import { claimed, type MethodRow } from './row.ts';
import {
  collected,
  collectorCoverage,
  collectorStatus,
  collectParams,
  coverageParams,
  queryPage,
  queryParams,
} from './shapes-collector.ts';

export const collectorMethods = {
  'collector.status': claimed(
    'observer',
    'how the collectors of the running collector module are, and how much they have stored',
    params.nothing,
    collectorStatus,
  ),
  'collector.coverage': claimed(
    'observer',
    'how complete what was collected is, by day and stream, and where it is not',
    coverageParams,
    collectorCoverage,
  ),
  'collector.collect': claimed(
    'operator',
    'let a polling collector collect once, now, and wait for it',
    collectParams,
    collected,
  ),
  'collector.query': claimed(
    'observer',
    'collected rows of a stretch of time, oldest first, a page at a time',
    queryParams,
    queryPage,
  ),
} as const satisfies Record<string, MethodRow>;
