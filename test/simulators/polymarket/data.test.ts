import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeClock } from '../../support/fake-clock.ts';
import type { Simulator } from './simulator.ts';
import { get, testVenues } from './venue.ts';

interface Row {
  readonly token_id: string;
  readonly condition_id: string;
  readonly side: string;
  readonly price: number;
  readonly size: number;
  readonly timestamp: number;
  readonly transaction_hash: string;
}
interface Page {
  readonly data: readonly Row[];
  readonly pagination: {
    readonly limit: number;
    readonly has_more: boolean;
    readonly next_cursor: string | null;
  };
}

async function walk(venue: Simulator, query: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await get<Page>(`${venue.urls.data}/v2/trades?${query}${after}`);
    rows.push(...body.data);
    expect(body.pagination.has_more).to.equal(body.pagination.next_cursor !== null);
    cursor = body.pagination.next_cursor;
  } while (cursor !== null);
  return rows;
}

describe('The Data API of the simulated venue', () => {
  const openVenue = testVenues();

  /** A venue whose trades are all in blocks. */
  async function traded(orders: number) {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 40, hasRateLimits: false, twinShare: 0.2 });
    const rows = venue.trade(orders);
    await clock.advance(3000);
    return { venue, rows, clock };
  }

  it('has every fill once, newest first, over pages of any size', async () => {
    const { venue, rows } = await traded(60);
    const expected = rows
      .map(({ tokenId, conditionId, side, price, size, blockMs, transactionHash }) => ({
        tokenId,
        conditionId,
        side,
        price,
        size,
        blockMs,
        transactionHash,
      }))
      .reverse();
    for (const limit of [1, 7, 1000]) {
      const seen = await walk(venue, `limit=${limit}`);
      expect(
        seen.map((row) => ({
          tokenId: row.token_id,
          conditionId: row.condition_id,
          side: row.side,
          price: String(row.price),
          size: String(row.size),
          blockMs: row.timestamp * 1000,
          transactionHash: row.transaction_hash,
        })),
      ).to.have.deep.members(expected);
      expect(seen.map(({ transaction_hash }) => transaction_hash)).to.deep.equal(
        expected.map(({ transactionHash }) => transactionHash),
      );
    }
  });

  it('finds the fills of some conditions, and those of the makers when asked', async () => {
    const { venue, rows } = await traded(80);
    const conditions = [...new Set(rows.map(({ conditionId }) => conditionId))].slice(0, 3);
    const own = rows.filter(({ conditionId }) => conditions.includes(conditionId));
    const query = `condition=${conditions.join(',')}&limit=3`;
    expect(await walk(venue, query)).to.have.length(own.length);
    const both = await walk(venue, `${query}&taker_only=false`);
    expect(both).to.have.length(own.length * 2);
    const sold = await walk(venue, `${query}&side=SELL`);
    expect(sold).to.have.length(own.filter(({ side }) => side === 'SELL').length);
  });

  it('knows a trade from its block on, in whole seconds', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 5 });
    const [trade] = venue.trade(1);
    const { blockMs, atMs } = trade!;
    expect(blockMs - atMs).to.be.within(500, 2500);
    const count = async () => (await walk(venue, 'limit=1000')).length;
    await clock.advance(blockMs - 1 - clock.now());
    expect(await count()).to.equal(0);
    await clock.advance(1);
    expect(await count()).to.be.greaterThan(0);
  });

  const condition = (number: number) => `0x${String(number).padStart(64, '0')}`;
  for (const [what, query, parameter] of [
    ['an offset', 'offset=0', 'offset'],
    ['more than 1,000 rows', 'limit=1001', 'limit'],
    ['a cursor that is none', 'cursor=nonsense', 'cursor'],
    ['a malformed condition', 'condition=0x12', 'condition'],
    ['a condition and an event', `condition=${condition(0)}&event_id=1`, 'condition'],
    [
      'more than 20 conditions',
      `condition=${Array.from({ length: 21 }, (_, number) => condition(number)).join(',')}`,
      'condition',
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const venue = await openVenue({ markets: 2 });
      const { status, body } = await get(`${venue.urls.data}/v2/trades?${query}`);
      expect(status).to.equal(400);
      expect(body).to.include({ code: 'invalid_request', retryable: false, parameter });
    });
  }

  it('has version 1 as a bare list by offset', async () => {
    const { venue, rows } = await traded(30);
    const { body } = await get<{ asset: string; timestamp: number }[]>(
      `${venue.urls.data}/trades?limit=5&offset=2`,
    );
    expect(body).to.have.length(5);
    expect(body[0]!.asset).to.equal(rows.at(-3)!.tokenId);
    expect((await get(`${venue.urls.data}/trades?offset=1001`)).status).to.equal(400);
  });

  it('follows a resolution through dispute and flip, with "69" for what is not set', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 4, resolutionStepMs: 1000 });
    const { conditionId } = venue.markets[1]!;
    const row = async () => {
      const url = `${venue.urls.data}/v2/resolutions?condition=${conditionId},0x${'9'.repeat(64)}`;
      const { body } = await get<{ data: Record<string, unknown>[] }>(url);
      expect(body.data).to.have.length(1);
      const { status, proposed_price, reproposed_price, price, payouts, was_disputed } =
        body.data[0]!;
      return [status, proposed_price, reproposed_price, price, payouts, was_disputed];
    };
    expect(await row()).to.deep.equal(['initialized', '69', '69', '69', [], false]);
    venue.resolve(conditionId, { winner: 0, isDisputed: true, isFlipped: true });
    const seen: unknown[] = [];
    for (let step = 0; step < 5; step++) {
      seen.push(await row());
      await clock.advance(1000);
    }
    expect(seen).to.deep.equal([
      ['posed', '69', '69', '69', [], false],
      ['proposed', '0', '69', '69', [], false],
      ['disputed', '0', '69', '69', [], true],
      ['reproposed', '69', '1', '69', [], true],
      ['resolved', '69', '1', '1', [1_000_000, 0], true],
    ]);
  });

  it('pays both sides a half of a market that is split', async () => {
    const venue = await openVenue({ markets: 2 });
    const { conditionId } = venue.markets[0]!;
    venue.resolve(conditionId, { winner: 'split' });
    const { body } = await get<{ data: { payouts: number[] }[] }>(
      `${venue.urls.data}/v2/resolutions?condition=${conditionId}`,
    );
    expect(body.data[0]!.payouts).to.deep.equal([500_000, 500_000]);
    expect(venue.ledger.resolutions()).to.deep.include.members([
      {
        conditionId,
        status: 'resolved',
        outcome: null,
        winnerTokenId: null,
        isSplit: true,
        wasDisputed: false,
        resolvedMs: venue.markets[0]!.resolution.resolvedMs,
      },
    ]);
  });
});
