import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Market, Resolution, Verdict } from '../../../../modules/collector/rows.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores } from './fresh-store.ts';

const missing = whyNoPostgres();

describe(`markets and their verdicts in the database${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  it('are brought up to date by their id: what is known is no change (row 12)', async () => {
    const { store, rows } = await freshStore();
    const many = Array.from({ length: 1100 }, (_, index) => market(`c${index}`));
    expect(await store.upsertMarkets(many)).to.equal(1100);
    expect(await store.upsertMarkets(many)).to.equal(0);
    const changed = {
      ...market('c7'),
      question: 'Zero \0 and half \ud800?',
      outcomes: ['a"b', '{c}'],
    };
    expect(await store.upsertMarkets([changed, market('c8'), changed])).to.equal(1);
    expect(
      await rows(`SELECT question, outcomes FROM markets WHERE condition_id = 'c7'`),
    ).to.deep.equal([{ question: 'Zero \ufffd and half \ufffd?', outcomes: ['a"b', '{c}'] }]);
    expect(await rows('SELECT FROM markets')).to.have.lengthOf(1100);
  });

  it('give the tokens of the busiest open ones, each once', async () => {
    const { store } = await freshStore();
    await store.upsertMarkets([
      market('quiet', { volume24h: '1' }),
      market('unknown', { volume24h: null }),
      market('busy', { volume24h: '1000', tokenIds: ['b1', 'b2', 'b1'] }),
      market('closed', { volume24h: '9999', closed: true }),
      market('paused', { volume24h: '9999', active: false }),
    ]);
    const ids = async (max: number) =>
      (await store.activeTokens(max)).map(({ tokenId }) => tokenId);
    expect(await ids(10)).to.deep.equal([
      'b1',
      'b2',
      'quiet-0',
      'quiet-1',
      'unknown-0',
      'unknown-1',
    ]);
    expect(await ids(1)).to.deep.equal(['b1', 'b2']);
  });

  it('are closed by a final verdict and stay so, and the same verdict again is nothing new (row 15)', async () => {
    const { store, rows } = await freshStore();
    await store.upsertMarkets([market('a'), market('b'), market('c')]);
    const verdicts = [
      verdict('a', { kind: 'won', outcome: 'No', winnerTokenId: 'a-1', payoutPrice: '1' }),
      verdict('b', { kind: 'split', payouts: ['0.5', '0.5'] }),
      verdict('c', { kind: 'void' }),
    ];
    const cursors = [{ name: 'resolutions', value: 'page 7' }];
    expect(await store.addResolutions(verdicts, cursors)).to.equal(3);
    expect(await store.addResolutions(verdicts)).to.equal(0);
    expect(await store.cursor('resolutions')).to.equal('page 7');
    expect(await store.cursor('other')).to.equal(null);
    await store.upsertMarkets([market('a')]);
    expect(await rows('SELECT closed FROM markets')).to.deep.equal([
      { closed: true },
      { closed: true },
      { closed: true },
    ]);
    expect(
      await rows(
        `SELECT verdict, outcome, winner_token_id, payout_price, payouts::text FROM resolutions
         ORDER BY condition_id`,
      ),
    ).to.deep.equal([
      { verdict: 'won', outcome: 'No', winner_token_id: 'a-1', payout_price: '1', payouts: null },
      {
        verdict: 'split',
        outcome: null,
        winner_token_id: null,
        payout_price: null,
        payouts: '{0.5,0.5}',
      },
      { verdict: 'void', outcome: null, winner_token_id: null, payout_price: null, payouts: null },
    ]);
  });

  it('keep a disputed verdict open, let it turn, and let no late rumour reopen a final one', async () => {
    const { store, rows } = await freshStore();
    await store.upsertMarkets([market('a', { endDateIso: '2020-01-01' }), market('b')]);
    const open = async () =>
      (await store.unresolvedMarkets(null, 10)).map(({ conditionId }) => conditionId);
    const course: readonly [Verdict, number][] = [
      [{ kind: 'proposed', outcome: 'Yes' }, 1],
      [{ kind: 'disputed', outcome: 'Yes' }, 1],
      [{ kind: 'disputed', outcome: 'Yes' }, 0],
    ];
    for (const [next, changes] of course) {
      expect(await store.addResolutions([verdict('a', next)])).to.equal(changes);
      expect(await open()).to.deep.equal(['a']);
    }
    const no: Verdict = { kind: 'won', outcome: 'No', winnerTokenId: 'a-1', payoutPrice: '1' };
    expect(await store.addResolutions([verdict('a', no)])).to.equal(1);
    expect(await open()).to.deep.equal([]);
    expect(
      await store.addResolutions([verdict('a', { kind: 'disputed', outcome: 'Yes' })]),
    ).to.equal(0);
    expect(await store.addResolutions([verdict('a', { kind: 'void' })])).to.equal(1);
    const history = await rows('SELECT verdict FROM resolution_history ORDER BY seen_at');
    expect(history.map((row) => row['verdict'])).to.deep.equal([
      'proposed',
      'disputed',
      'won',
      'void',
    ]);
  });

  it('that wait for a verdict are walked through by id', async () => {
    const { store } = await freshStore();
    const ids = Array.from({ length: 25 }, (_, index) => `c${String(index).padStart(2, '0')}`);
    await store.upsertMarkets(ids.map((id) => market(id, { closed: true })));
    const walked: string[] = [];
    for (let after: string | null = null; ;) {
      const page = await store.unresolvedMarkets(after, 10);
      if (page.length === 0) break;
      walked.push(...page.map(({ conditionId }) => conditionId));
      after = walked.at(-1) ?? null;
    }
    expect(walked).to.deep.equal(ids);
  });
});

function market(conditionId: string, changes: Partial<Market> = {}): Market {
  return {
    conditionId,
    question: `Will ${conditionId} happen?`,
    slug: conditionId,
    marketType: null,
    outcomes: ['Yes', 'No'],
    tokenIds: [`${conditionId}-0`, `${conditionId}-1`],
    active: true,
    closed: false,
    endDateIso: '2099-12-31',
    volume24h: '10.5',
    ...changes,
  };
}

function verdict(conditionId: string, kind: Verdict): Resolution {
  return { conditionId, verdict: kind, resolvedAtMs: 1_760_000_000_000, detectionMethod: 'test' };
}
