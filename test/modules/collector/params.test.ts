import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseParams } from '../../../modules/collector/params.ts';

describe('the params of the collector', () => {
  it('are by default those of the venue: 60, 300, 300 and 300 s (row 19)', () => {
    const parsed = parseParams({});
    if (!parsed.ok) throw new Error(parsed.problem);
    const { intervalsMs, urls, trades, marketsMax, schema, retentionDays } = parsed.params;
    const seconds = {
      metadata: 300_000,
      prices: 60_000,
      orderbooks: 300_000,
      resolutions: 300_000,
    };
    expect(intervalsMs).to.deep.equal(seconds);
    expect(urls).to.deep.equal({
      gamma: 'https://gamma-api.polymarket.com',
      clob: 'https://clob.polymarket.com',
      data: 'https://data-api.polymarket.com',
      stream: 'wss://ws-subscriptions-clob.polymarket.com/ws/market',
    });
    expect(marketsMax).to.equal(10_000);
    expect(schema).to.equal('collector');
    expect(retentionDays).to.deep.equal({ history: 90, orderbooks: null });
    expect(trades).to.include({
      queueMax: 10_000,
      pingIntervalMs: 10_000,
      tokensPerConnection: 200,
      sweepIntervalMs: 600_000,
    });
    expect(trades.backfillAfterMs).to.deep.equal([5000, 60_000, 330_000]);
  });

  it('are taken from the file, and before that from the environment (row 19)', () => {
    const file = { price_interval: 30, orderbook_interval: '2m', max_markets: 50 };
    const environment = {
      COLLECTOR_PRICE_INTERVAL: '15',
      COLLECTOR_BACKFILL_DELAYS: '2, 500ms',
      COLLECTOR_MAX_MARKETS: '',
      PRICE_INTERVAL: '1',
    };
    const wrong = parseParams(file, environment);
    expect(wrong.ok).to.equal(false);
    const parsed = parseParams(file, { ...environment, COLLECTOR_BACKFILL_DELAYS: '500ms, 6' });
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(parsed.params.intervalsMs).to.include({ prices: 15_000, orderbooks: 120_000 });
    expect(parsed.params.marketsMax).to.equal(50);
    expect(parsed.params.trades.backfillAfterMs).to.deep.equal([500, 6000]);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['a name that is unknown', { price_intervall: 5 }, 'unknown param "price_intervall": expected'],
    [
      'an interval of nothing',
      { price_interval: 0 },
      'param "price_interval" is 0: expected a dur',
    ],
    [
      'an interval in words',
      { metadata_interval: 'often' },
      'param "metadata_interval" is "often"',
    ],
    ['another scheme', { stream_url: 'https://x.example' }, 'such as wss://'],
    ['no address', { gamma_url: 'gamma' }, 'param "gamma_url" is "gamma": expected an address'],
    ['a half market', { max_markets: 0.5 }, 'param "max_markets" is 0.5: expected a whole number'],
    [
      'a schema with quotes',
      { schema: 'a"; DROP' },
      'param "schema" is "a\\"; DROP": expected small',
    ],
    [
      'delays that end before the last trades are in a block',
      { backfill_delays: [1, 3] },
      'the last of 5 s at least',
    ],
    ['delays that fall', { backfill_delays: [60, 5] }, 'expected durations in ascending order'],
  ];
  for (const [what, given, problem] of refused) {
    it(`refuse ${what}`, () => {
      const parsed = parseParams(given);
      expect(parsed.ok ? '' : parsed.problem).to.include(problem);
    });
  }
});
