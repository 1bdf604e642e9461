import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { bookSummary } from './frames.ts';
import { get, post, testVenues } from './venue.ts';

type BookReply = ReturnType<typeof bookSummary>;

const asked = (tokens: readonly string[]) => tokens.map((token_id) => ({ token_id }));

describe('The CLOB of the simulated venue', () => {
  const openVenue = testVenues();

  it('gives a book of texts, bids rising and asks falling: the best is the last', async () => {
    const { urls, markets } = await openVenue({ markets: 3 });
    const [yes, no] = markets[0]!.tokens;
    const { body: book } = await get<BookReply>(`${urls.clob}/book?token_id=${yes}`);
    expect(book.asset_id).to.equal(yes);
    expect(book.market).to.equal(markets[0]!.conditionId);
    expect(book.timestamp).to.match(/^\d{13}$/);
    expect(book.hash).to.match(/^[0-9a-f]{40}$/);
    const prices = (levels: BookReply['bids']) => levels.map(({ price }) => Number(price));
    expect(prices(book.bids)).to.deep.equal(prices(book.bids).sort((a, b) => a - b));
    expect(prices(book.asks)).to.deep.equal(prices(book.asks).sort((a, b) => b - a));
    expect(prices(book.bids).at(-1)!).to.be.lessThan(prices(book.asks).at(-1)!);

    const price = async (side: string) =>
      (await get<{ price: string }>(`${urls.clob}/price?token_id=${yes}&side=${side}`)).body.price;
    expect(await price('BUY')).to.equal(book.asks.at(-1)!.price);
    expect(await price('SELL')).to.equal(book.bids.at(-1)!.price);
    const { body: other } = await get<BookReply>(`${urls.clob}/book?token_id=${no}`);
    expect(Number(other.asks.at(-1)!.price)).to.be.closeTo(1 - prices(book.bids).at(-1)!, 1e-9);
    expect(other.asks.at(-1)!.size).to.equal(book.bids.at(-1)!.size);
  });

  it('keeps the hash of a book until it changes', async () => {
    const venue = await openVenue({ markets: 1 });
    const hash = async () => {
      const url = `${venue.urls.clob}/book?token_id=${venue.markets[0]!.tokens[0]}`;
      return (await get<BookReply>(url)).body.hash;
    };
    const before = await hash();
    expect(await hash()).to.equal(before);
    venue.trade(1);
    expect(await hash()).to.not.equal(before);
  });

  it('answers for many tokens at once and leaves unknown ones out', async () => {
    const { urls, markets } = await openVenue({ markets: 3 });
    const tokens = [markets[0]!.tokens[0], '123', markets[2]!.tokens[1]];
    const known = [tokens[0], tokens[2]];
    const books = await post<BookReply[]>(`${urls.clob}/books`, asked(tokens));
    expect(books.body.map((book) => book.asset_id)).to.deep.equal(known);
    const mids = await post<Record<string, string>>(`${urls.clob}/midpoints`, asked(tokens));
    expect(Object.keys(mids.body)).to.deep.equal(known);
    const prices = await post<Record<string, Record<string, string>>>(
      `${urls.clob}/prices`,
      known.flatMap((token_id) => ['BUY', 'SELL'].map((side) => ({ token_id, side }))),
    );
    expect(prices.body[known[0]!]).to.have.all.keys('BUY', 'SELL');
    const last = await post<{ side: string }[]>(`${urls.clob}/last-trades-prices`, asked(tokens));
    expect(last.body.map(({ side }) => side)).to.deep.equal(['', '']);
  });

  it('refuses more than 500 items and what is no list', async () => {
    const { urls } = await openVenue({ markets: 1 });
    const tooMany = asked(Array.from({ length: 501 }, String));
    const refusal = await post<{ error: string }>(`${urls.clob}/books`, tooMany);
    expect(refusal).to.deep.include({ status: 400, body: { error: 'Payload exceeds the limit' } });
    expect((await post(`${urls.clob}/books`, { token_id: '1' })).status).to.equal(400);
  });

  it('has no book for a token that is unknown or of a closed market', async () => {
    const venue = await openVenue({ markets: 2 });
    const { conditionId, tokens } = venue.markets[0]!;
    venue.resolve(conditionId, { winner: 0 });
    for (const token of [tokens[0], '5']) {
      const { status, body } = await get(`${venue.urls.clob}/book?token_id=${token}`);
      expect(status).to.equal(404);
      expect(body).to.deep.equal({ error: 'No orderbook exists for the requested token id' });
    }
    const { body } = await get<{ closed: boolean; tokens: { winner: boolean }[] }>(
      `${venue.urls.clob}/markets/${conditionId}`,
    );
    expect(body.closed).to.equal(true);
    expect(body.tokens.map(({ winner }) => winner)).to.deep.equal([true, false]);
  });

  it('lists its markets from MA== to LTE=', async () => {
    const { urls } = await openVenue({ markets: 1500 });
    interface Page {
      readonly data: readonly { readonly condition_id: string }[];
      readonly next_cursor: string;
    }
    const first = await get<Page>(`${urls.clob}/markets?next_cursor=MA==`);
    const second = await get<Page>(`${urls.clob}/markets?next_cursor=${first.body.next_cursor}`);
    expect([first.body.data.length, second.body.data.length]).to.deep.equal([1000, 500]);
    expect(second.body.next_cursor).to.equal('LTE=');
    expect((await get(`${urls.clob}/markets?next_cursor=LTE=`)).status).to.equal(400);
  });
});
