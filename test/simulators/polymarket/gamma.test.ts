import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeClock } from '../../support/fake-clock.ts';
import { get, testVenues } from './venue.ts';

interface GammaMarket {
  readonly id: string;
  readonly conditionId: string;
  readonly outcomes: string;
  readonly outcomePrices: string;
  readonly clobTokenIds: string;
  readonly volume: unknown;
  readonly volumeNum: number;
  readonly endDateIso: string;
  readonly closed: boolean;
  readonly umaResolutionStatuses: string;
  readonly closedTime?: string;
}
interface MarketPage {
  readonly markets: readonly GammaMarket[];
  readonly next_cursor?: string;
}

describe('Gamma of the simulated venue', () => {
  const openVenue = testVenues();

  it('writes lists as JSON in strings, amounts as text and ids as digits', async () => {
    const { urls } = await openVenue({ markets: 30 });
    const { body } = await get<MarketPage>(`${urls.gamma}/markets/keyset?limit=30`);
    expect(body.markets).to.have.length(30);
    for (const market of body.markets) {
      expect(market.id).to.match(/^\d+$/);
      expect(market.conditionId).to.match(/^0x[0-9a-f]{64}$/);
      expect(JSON.parse(market.outcomes)).to.have.length(2);
      for (const token of JSON.parse(market.clobTokenIds) as string[]) {
        expect(token).to.match(/^\d{77,78}$/);
      }
      const [yes, no] = (JSON.parse(market.outcomePrices) as string[]).map(Number);
      expect(yes! + no!).to.be.closeTo(1, 1e-9);
      expect(market.volume).to.be.a('string');
      expect(Number(market.volume)).to.equal(market.volumeNum);
      expect(market.endDateIso).to.match(/^\d{4}-\d{2}-\d{2}$/);
      expect(JSON.parse(market.umaResolutionStatuses)).to.deep.equal([]);
    }
  });

  for (const [order, ascending] of [
    ['', true],
    ['&order=volumeNum&ascending=false', false],
    ['&order=updatedAt', true],
  ] as const) {
    it(`pages by after_cursor${order} to an end without next_cursor`, async () => {
      const { urls } = await openVenue({ markets: 250 });
      const seen: GammaMarket[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const after = cursor === undefined ? '' : `&after_cursor=${cursor}`;
        const url = `${urls.gamma}/markets/keyset?limit=100${order}${after}`;
        const { body } = await get<MarketPage>(url);
        seen.push(...body.markets);
        pages++;
        cursor = body.next_cursor;
        if (pages === 3) expect(body).to.not.have.property('next_cursor');
      } while (cursor !== undefined);
      expect(pages).to.equal(3);
      expect(new Set(seen.map(({ id }) => id)).size).to.equal(250);
      if (!ascending) {
        const volumes = seen.map(({ volumeNum }) => volumeNum);
        expect(volumes).to.deep.equal([...volumes].sort((a, b) => b - a));
      }
    });
  }

  it('ignores a cursor given as "cursor" and answers page one for ever', async () => {
    const { urls } = await openVenue({ markets: 10 });
    const first = await get<MarketPage>(`${urls.gamma}/markets/keyset?limit=3`);
    const wrong = await get<MarketPage>(
      `${urls.gamma}/markets/keyset?limit=3&cursor=${first.body.next_cursor}`,
    );
    expect(wrong.body.markets[0]!.id).to.equal(first.body.markets[0]!.id);
  });

  for (const [query, why] of [
    ['/markets/keyset?offset=0', 'an offset'],
    ['/markets/keyset?limit=101', 'more than 100 markets'],
    ['/events/keyset?limit=501', 'more than 500 events'],
    ['/markets/keyset?order=volume_num', 'an order in snake_case'],
    ['/markets/keyset?after_cursor=nonsense', 'a cursor that is none'],
    ['/markets?offset=2001', 'an offset beyond 2000'],
  ] as const) {
    it(`refuses ${why}`, async () => {
      const { urls } = await openVenue({ markets: 5 });
      const { status, body } = await get<{ error: string }>(`${urls.gamma}${query}`);
      expect(status).to.equal(422);
      expect(body.error).to.be.a('string');
    });
  }

  it('leaves closed markets out unless they are asked for', async () => {
    const venue = await openVenue({ markets: 5 });
    const { conditionId } = venue.markets[2]!;
    venue.resolve(conditionId, { winner: 1 });
    const ids = async (query: string) =>
      (await get<MarketPage>(`${venue.urls.gamma}/markets/keyset?${query}`)).body.markets;
    expect((await ids('')).map((market) => market.conditionId)).to.not.include(conditionId);
    const [closed, ...others] = await ids('closed=true');
    expect(others).to.deep.equal([]);
    expect(closed).to.include({ conditionId, outcomePrices: '["0","1"]', closed: true });
    expect(closed!.closedTime).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/);
    const named = await ids(`closed=true&condition_ids=${conditionId}`);
    expect(named).to.have.length(1);
  });

  it('pins prices at the first proposal, and flips them when it was wrong', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 2, resolutionStepMs: 1000 });
    const { conditionId } = venue.markets[0]!;
    venue.resolve(conditionId, { winner: 1, isDisputed: true, isFlipped: true });
    const seen: string[] = [];
    for (let step = 0; step < 4; step++) {
      await clock.advance(1000);
      const url = `${venue.urls.gamma}/markets/keyset?closed=true&condition_ids=${conditionId}`;
      const [market] = (await get<MarketPage>(url)).body.markets;
      seen.push(
        `${(JSON.parse(market!.umaResolutionStatuses) as string[]).at(-1)} ${market!.outcomePrices}`,
      );
    }
    expect(seen).to.deep.equal([
      'proposed ["1","0"]',
      'disputed ["1","0"]',
      'reproposed ["0","1"]',
      'resolved ["0","1"]',
    ]);
  });

  it('has events with their markets inside, and their amounts as numbers', async () => {
    const { urls } = await openVenue({ markets: 60 });
    const { body } = await get<{
      events: { id: string; volume: unknown; markets: GammaMarket[]; negRiskMarketID?: string }[];
    }>(`${urls.gamma}/events/keyset?limit=500`);
    expect(body.events.flatMap(({ markets }) => markets)).to.have.length(60);
    expect(body.events.every(({ volume }) => typeof volume === 'number')).to.equal(true);
    expect(body.events.some(({ negRiskMarketID }) => negRiskMarketID !== undefined)).to.equal(true);
    const single = await get<{ id: string }>(`${urls.gamma}/events/${body.events[1]!.id}`);
    expect(single.body.id).to.equal(body.events[1]!.id);
    expect((await get(`${urls.gamma}/markets/1`)).status).to.equal(404);
  });

  it('has a new market at once, the CLOB some time later', async () => {
    const venue = await openVenue({ markets: 3, newMarketDelayMs: 60_000 });
    const { id, tokens } = venue.openMarket();
    const { body } = await get<GammaMarket>(`${venue.urls.gamma}/markets/${id}`);
    expect(JSON.parse(body.clobTokenIds)).to.deep.equal(tokens);
    expect((await get(`${venue.urls.clob}/book?token_id=${tokens[0]}`)).status).to.equal(404);
  });
});
