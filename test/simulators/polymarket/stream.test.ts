import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { Simulator } from './simulator.ts';
import { Listener, testVenues } from './venue.ts';

interface Book {
  readonly event_type: string;
  readonly asset_id: string;
  readonly bids: readonly { readonly price: string; readonly size: string }[];
  readonly asks: readonly { readonly price: string; readonly size: string }[];
}

interface Trade {
  readonly event_type: string;
  readonly asset_id: string;
}

describe('The market channel of the simulated venue', () => {
  const openVenue = testVenues();
  const listeners: Listener[] = [];
  afterEach(() => listeners.splice(0).forEach((listener) => listener.close()));

  async function listen(venue: Simulator): Promise<Listener> {
    const listener = await Listener.open(venue);
    listeners.push(listener);
    return listener;
  }

  const tradesIn = (frames: readonly string[]) =>
    frames
      .filter((text) => text.includes('last_trade_price",'))
      .flatMap((text) => [JSON.parse(text) as Trade | Trade[]].flat())
      .filter(({ event_type }) => event_type === 'last_trade_price');

  it('begins with an array of one book for each known token', async () => {
    const venue = await openVenue({ markets: 3 });
    const listener = await listen(venue);
    const { tokens } = venue.markets[1]!;
    listener.send({ type: 'market', assets_ids: [...tokens, '77'] });
    const books = JSON.parse(await listener.frame(() => true)) as Book[];
    expect(books.map(({ asset_id }) => asset_id)).to.deep.equal([...tokens]);
    expect(books.every(({ event_type }) => event_type === 'book')).to.equal(true);
    expect(Number(books[0]!.bids[0]!.price)).to.be.lessThan(Number(books[0]!.bids.at(-1)!.price));
    listener.send({ type: 'market', assets_ids: ['77'] });
    expect(await listener.frame(() => true)).to.equal('[]');
  });

  it('answers the text PING with the text PONG and nothing else with it', async () => {
    const listener = await listen(await openVenue({ markets: 1 }));
    listener.send('PING');
    expect(await listener.frame(() => true)).to.equal('PONG');
  });

  it('sends no first books when it shall not, or beyond 500 tokens', async () => {
    const venue = await openVenue({ markets: 300 });
    const tokens = venue.markets.flatMap((market) => market.tokens);
    const quiet = await listen(venue);
    quiet.send({ type: 'market', assets_ids: tokens.slice(0, 2), initial_dump: false });
    const many = await listen(venue);
    many.send({ type: 'market', assets_ids: tokens.slice(0, 501) });
    for (const listener of [quiet, many]) {
      await listener.settled();
      expect(listener.frames).to.deep.equal([]);
    }
  });

  it('tells every fill as the ledger has it, those of one order in one array', async () => {
    const venue = await openVenue({ markets: 4, twinShare: 0.3, hashlessShare: 0.3 });
    const listener = await listen(venue);
    await listener.subscribe(venue.markets.flatMap((market) => market.tokens));
    const rows = venue.trade(80);
    await listener.settled();
    expect(tradesIn(listener.frames)).to.deep.equal(
      rows.map((row) => ({
        event_type: 'last_trade_price',
        market: row.conditionId,
        asset_id: row.tokenId,
        price: row.price,
        size: row.size,
        side: row.side,
        fee_rate_bps: '0',
        timestamp: String(row.atMs),
        ...(row.hasHashOnStream ? { transaction_hash: row.transactionHash } : {}),
      })),
    );
    expect(rows.some(({ hasHashOnStream }) => !hasHashOnStream)).to.equal(true);
    const arrays = listener.frames.filter((text) => text.startsWith('[{'));
    expect(tradesIn(arrays).length).to.be.greaterThan(arrays.length);
  });

  it('tells price changes that lead from the first book to the book of REST', async () => {
    const venue = await openVenue({ markets: 1, bookEveryOrders: 1_000_000 });
    const listener = await listen(venue);
    const token = venue.markets[0]!.tokens[0];
    listener.send({ type: 'market', assets_ids: [token] });
    const [book] = JSON.parse(await listener.frame(() => true)) as [Book];
    const levels = new Map<string, string>();
    for (const { price, size } of book.bids) levels.set(`BUY ${price}`, size);
    for (const { price, size } of book.asks) levels.set(`SELL ${price}`, size);
    venue.trade(40);
    await listener.settled();
    for (const text of listener.frames.filter((frame) => frame.includes('price_change"'))) {
      const { price_changes } = JSON.parse(text) as {
        price_changes: { asset_id: string; price: string; size: string; side: string }[];
      };
      for (const { price, size, side } of price_changes.filter((c) => c.asset_id === token)) {
        if (size === '0') levels.delete(`${side} ${price}`);
        else levels.set(`${side} ${price}`, size);
      }
    }
    const now = (await (await fetch(`${venue.urls.clob}/book?token_id=${token}`)).json()) as Book;
    expect([...levels].sort()).to.deep.equal(
      [
        ...now.bids.map(({ price, size }) => [`BUY ${price}`, size] as const),
        ...now.asks.map(({ price, size }) => [`SELL ${price}`, size] as const),
      ].sort(),
    );
  });

  it('adds and drops tokens on the same connection', async () => {
    const venue = await openVenue({ markets: 2 });
    const listener = await listen(venue);
    const [first, second] = venue.markets.map(({ tokens }) => tokens);
    await listener.subscribe(first!);
    listener.send({ assets_ids: second, operation: 'subscribe' });
    await listener.frame((text) => text.startsWith('['));
    listener.send({ assets_ids: first, operation: 'unsubscribe' });
    await listener.settled();
    venue.trade(5, venue.markets[0]!.conditionId);
    venue.trade(5, venue.markets[1]!.conditionId);
    await listener.settled();
    const tokens = new Set(tradesIn(listener.frames).map(({ asset_id }) => asset_id));
    expect([...tokens].every((token) => second!.includes(token))).to.equal(true);
    expect(tokens.size).to.be.greaterThan(0);
  });

  it('tells new markets to everybody and resolved ones to their listeners, if they want it', async () => {
    const venue = await openVenue({ markets: 3 });
    const plain = await listen(venue);
    const custom = await listen(venue);
    const { tokens, conditionId } = venue.markets[0]!;
    await plain.subscribe(tokens);
    await custom.subscribe(tokens, { custom_feature_enabled: true });
    const opened = venue.openMarket();
    venue.resolve(conditionId, { winner: 1 });
    const news = await custom.event<{ assets_ids: string[]; condition_id: string }>('new_market');
    expect(news).to.deep.include({
      assets_ids: opened.tokens,
      condition_id: opened.conditionId,
    });
    const resolved = await custom.event<object>('market_resolved');
    expect(resolved).to.include({ market: conditionId, winning_asset_id: tokens[1] });
    await plain.settled();
    expect(plain.frames).to.deep.equal([]);
  });

  it('narrows the tick at the edge and says so', async () => {
    const venue = await openVenue({ markets: 60, seed: 2 });
    const market = venue.markets.find(({ tick }) => tick === 100)!;
    market.logit = 4.2;
    const listener = await listen(venue);
    await listener.subscribe([market.tokens[0]]);
    venue.trade(3, market.conditionId);
    const change = await listener.event<object>('tick_size_change');
    expect(change).to.include({ old_tick_size: '0.01', new_tick_size: '0.001' });
  });
});
