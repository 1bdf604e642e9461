import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type Evidence,
  isFinal,
  isWinnerWanted,
  type Listed,
  resolutionOf,
} from '../../../../modules/collector/collectors/verdict.ts';
import type { OfficialResolution } from '../../../../modules/collector/venue/official-resolution.ts';

const seed = 7_141_204;
const decidedAt = new Date('2026-08-02T03:04:05Z');
const closedAt = new Date('2026-08-01T00:00:00Z');

const nothing: Evidence = {
  conditionId: '0xa',
  outcomes: ['Yes', 'No'],
  tokenIds: ['1', '2'],
  official: null,
  winnerTokenId: null,
  listed: null,
};

function official(change: Partial<OfficialResolution>): OfficialResolution {
  return {
    ...{ conditionId: '0xa', status: 'resolved', payouts: null, proposedPrice: null, price: null },
    ...{ resolvedAt: decidedAt, updatedAt: null },
    ...change,
  };
}

function listed(prices: readonly (string | null)[], umaStatus: string | null = null): Listed {
  return { closed: true, prices, umaStatus, closedAt };
}

const yes = { kind: 'won', outcome: 'Yes', winnerTokenId: '1', payoutPrice: '1' } as const;
const no = { kind: 'won', outcome: 'No', winnerTokenId: '2', payoutPrice: '1' } as const;

const pinnedToNo = listed(['0', '1']);

describe('the verdict on a market', () => {
  const cases: readonly (readonly [string, Partial<Evidence>, object | null, string | null])[] = [
    [
      'payouts of the second outcome',
      { official: official({ payouts: ['0', '1'] }) },
      no,
      'data_v2_payouts',
    ],
    [
      'payouts, whatever weaker evidence says',
      { official: official({ payouts: ['1', '0'] }), winnerTokenId: '2', listed: pinnedToNo },
      yes,
      'data_v2_payouts',
    ],
    [
      'equal payouts',
      { official: official({ payouts: ['0.5', '0.5'] }) },
      { kind: 'split', payouts: ['0.5', '0.5'] },
      'data_v2_payouts',
    ],
    [
      'unequal payouts of both',
      { official: official({ payouts: ['0.3', '0.7'] }) },
      { kind: 'split', payouts: ['0.3', '0.7'] },
      'data_v2_payouts',
    ],
    [
      'no payout at all',
      { official: official({ payouts: ['0', '0'] }) },
      { kind: 'void' },
      'data_v2_payouts',
    ],
    [
      'payouts of another number of outcomes: nothing',
      { official: official({ payouts: ['1', '0', '0'] }) },
      null,
      null,
    ],
    [
      "the oracle's answer where no payouts are told",
      { official: official({ price: '1' }) },
      yes,
      'data_v2_price',
    ],
    [
      "the oracle's 0.5",
      { official: official({ price: '0.5' }) },
      { kind: 'split', payouts: ['0.5', '0.5'] },
      'data_v2_price',
    ],
    ['an answer that is not set: nothing', { official: official({}) }, null, null],
    [
      'a proposal, though the price is pinned',
      { official: official({ status: 'proposed', proposedPrice: '0' }), listed: pinnedToNo },
      { kind: 'proposed', outcome: 'No' },
      'data_v2_status',
    ],
    [
      'a dispute, though the price is pinned',
      {
        official: official({ status: 'disputed', proposedPrice: '1' }),
        listed: pinnedToNo,
        winnerTokenId: '2',
      },
      { kind: 'disputed', outcome: 'Yes' },
      'data_v2_status',
    ],
    [
      'a challenge of a proposal that is not told',
      { official: official({ status: 'challenged' }) },
      { kind: 'disputed', outcome: null },
      'data_v2_status',
    ],
    [
      'an arbitration',
      { official: official({ status: 'arbitration' }) },
      { kind: 'disputed', outcome: null },
      'data_v2_status',
    ],
    [
      "the CLOB's winner before pinned prices",
      { winnerTokenId: '1', listed: pinnedToNo },
      yes,
      'clob_winner',
    ],
    [
      "the CLOB's winner where nothing was proposed yet",
      { official: official({ status: 'posed' }), winnerTokenId: '2' },
      no,
      'clob_winner',
    ],
    ["a winner that is none of the market's tokens: nothing", { winnerTokenId: '3' }, null, null],
    ['pinned prices without any status', { listed: pinnedToNo }, no, 'gamma_closed_prices'],
    [
      'prices pinned as 0.9995 and 0.0005',
      { listed: listed(['0.9995', '0.0005'], 'resolved') },
      yes,
      'gamma_closed_prices',
    ],
    [
      "a dispute in Gamma's words, though the price is pinned",
      { listed: listed(['0', '1'], 'disputed') },
      { kind: 'disputed', outcome: null },
      'gamma_status',
    ],
    [
      "a proposal in Gamma's words",
      { listed: listed(['0', '1'], 'proposed') },
      { kind: 'proposed', outcome: null },
      'gamma_status',
    ],
    [
      'equal prices of what is resolved: both get half',
      { listed: listed(['0.5', '0.5'], 'resolved') },
      { kind: 'split', payouts: ['0.5', '0.5'] },
      'gamma_closed_prices',
    ],
    [
      'equal prices of what is only closed: nothing',
      { listed: listed(['0.5', '0.5']) },
      null,
      null,
    ],
    [
      'prices of 0.58 and 0.42, as old markets have them: nothing',
      { listed: listed(['0.58', '0.42'], 'resolved') },
      null,
      null,
    ],
    ['prices of 0 and 0: nothing', { listed: listed(['0', '0'], 'resolved') }, null, null],
    ['one price missing: nothing', { listed: listed(['1', null]) }, null, null],
    [
      'pinned prices of a market that is open: nothing',
      { listed: { ...pinnedToNo, closed: false } },
      null,
      null,
    ],
    ['a market without tokens: nothing', { tokenIds: [], listed: pinnedToNo }, null, null],
    ['no evidence: nothing', {}, null, null],
  ];
  for (const [what, evidence, verdict, method] of cases)
    it(`is drawn from ${what}`, () => {
      const found = resolutionOf({ ...nothing, ...evidence });
      expect(found?.verdict ?? null).to.deep.equal(verdict);
      expect(found?.detectionMethod ?? null).to.equal(method);
    });

  it('has the time at which it was decided, and none while it is not', () => {
    const final = resolutionOf({
      ...nothing,
      official: official({ payouts: ['1', '0'] }),
      listed: pinnedToNo,
    });
    expect(final?.resolvedAtMs).to.equal(decidedAt.getTime());
    expect(resolutionOf({ ...nothing, listed: pinnedToNo })?.resolvedAtMs).to.equal(
      closedAt.getTime(),
    );
    const open = resolutionOf({ ...nothing, official: official({ status: 'proposed' }) });
    expect(open?.resolvedAtMs).to.equal(null);
  });

  it('is asked of the CLOB only when the oracle has said nothing and the market may be over', () => {
    expect(isWinnerWanted({ ...nothing, listed: pinnedToNo })).to.equal(true);
    expect(isWinnerWanted(nothing)).to.equal(true);
    expect(isWinnerWanted({ ...nothing, listed: { ...pinnedToNo, closed: false } })).to.equal(
      false,
    );
    expect(isWinnerWanted({ ...nothing, official: official({ status: 'disputed' }) })).to.equal(
      false,
    );
  });

  it(`is never final while the oracle is at it, and never names what the market has not (seed ${seed})`, () => {
    const price = fc.option(fc.constantFrom('0', '1', '0.5', '0.9999', '0.0001', '0.3'));
    const prices = fc.array(price, { maxLength: 3 });
    const status = fc.constantFrom(
      'initialized',
      'posed',
      'proposed',
      'challenged',
      'reproposed',
      'disputed',
      'active',
      'arbitration',
      'resolved',
      'other',
    );
    const evidence = fc.record({
      official: fc.option(
        fc
          .record({
            status,
            payouts: fc.option(fc.array(fc.constantFrom('0', '1', '0.5'), { maxLength: 3 })),
            price,
            proposedPrice: price,
          })
          .map(official),
      ),
      winnerTokenId: fc.option(fc.constantFrom('1', '2', '3')),
      listed: fc.option(
        fc.record({
          closed: fc.boolean(),
          prices,
          umaStatus: fc.option(status),
          closedAt: fc.constant(null),
        }),
      ),
      tokenIds: fc.constantFrom<string[]>(['1', '2'], [], ['1']),
    });
    const atIt = new Set([
      'proposed',
      'reproposed',
      'challenged',
      'disputed',
      'active',
      'arbitration',
    ]);
    fc.assert(
      fc.property(evidence, (some) => {
        const found = resolutionOf({ ...nothing, ...some });
        if (found === null) return;
        if (some.official !== null && atIt.has(some.official.status))
          expect(isFinal(found.verdict)).to.equal(false);
        if (found.verdict.kind === 'won')
          expect(some.tokenIds).to.include(found.verdict.winnerTokenId);
        if (found.verdict.kind === 'split')
          expect(found.verdict.payouts).to.have.length(some.tokenIds.length);
      }),
      { seed, numRuns: 1000 },
    );
  });
});
