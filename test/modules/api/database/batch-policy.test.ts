import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  type BatchSituation,
  type BatchStep,
  nextBatchStep,
} from '../../../../modules/api/database/batch-policy.ts';

const limits = { batchRowsMax: 100, flushDelayMs: 200, spillAfterMs: 2000 };
const nothing: BatchSituation = {
  nowMs: 10_000,
  queuedRows: 0,
  isFull: false,
  oldestAtMs: null,
  spilledRows: 0,
  failures: 0,
  retryAtMs: 0,
  spillRetryAtMs: 0,
  isUrgent: false,
  closing: 'no',
};
const some = { queuedRows: 5, oldestAtMs: 9_900 };
const away = { failures: 3, retryAtMs: 10_700 };
const wait = (delayMs: number | null): BatchStep => ({ kind: 'wait', delayMs });

describe('what a writer of batches does next', () => {
  for (const [situation, now, step] of [
    ['nothing came', {}, wait(null)],
    ['a few rows came', some, wait(100)],
    ['they have waited for others long enough', { ...some, oldestAtMs: 9_800 }, { kind: 'write' }],
    ['a batch is full', { ...some, queuedRows: 100 }, { kind: 'write' }],
    ['somebody waits for them', { ...some, isUrgent: true }, { kind: 'write' }],
    ['memory is full and the database works', { ...some, isFull: true }, { kind: 'write' }],
    ['rows are on disk', { spilledRows: 7 }, { kind: 'write' }],
    ['the database is away', { ...some, ...away }, wait(700)],
    ['its turn has come again', { ...some, ...away, retryAtMs: 10_000 }, { kind: 'write' }],
    ['it is away and rows grow old', { ...some, ...away, oldestAtMs: 8_000 }, { kind: 'spill' }],
    ['it is away and rows will grow old first', { ...some, ...away, oldestAtMs: 8_500 }, wait(500)],
    ['it is away and memory is full', { ...some, ...away, isFull: true }, { kind: 'spill' }],
    [
      'memory fills while the disk is read',
      { ...some, isFull: true, spilledRows: 9 },
      { kind: 'spill' },
    ],
    [
      'the disk failed a moment ago',
      { ...some, ...away, isFull: true, spillRetryAtMs: 10_300 },
      wait(300),
    ],
    ['there is no disk', { ...some, ...away, isFull: true, spilledRows: null }, wait(700)],
    ['it is closed with nothing left', { closing: 'soon' }, { kind: 'end' }],
    ['it is closed with rows on disk only', { closing: 'soon', spilledRows: 7 }, { kind: 'end' }],
    ['it is closed with rows', { ...some, closing: 'soon' }, { kind: 'write' }],
    [
      'it is closed with rows behind others',
      { ...some, closing: 'soon', spilledRows: 7 },
      { kind: 'spill' },
    ],
    ['its time to close is over', { ...some, ...away, closing: 'late' }, { kind: 'spill' }],
    [
      'its time is over, and there is no disk',
      { ...some, closing: 'late', spilledRows: null },
      { kind: 'end' },
    ],
  ] as const satisfies readonly (readonly [string, Partial<BatchSituation>, BatchStep])[]) {
    it(`${step.kind === 'wait' ? `waits ${step.delayMs ?? 'for ever'}` : `is to ${step.kind}`} when ${situation}`, () => {
      expect(nextBatchStep({ ...nothing, ...now }, limits)).to.deep.equal(step);
    });
  }
});
