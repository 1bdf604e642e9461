import { expect } from 'chai';
import { describe, it } from 'mocha';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { addMarkets, eventually, type Recording, recordings, stored, told } from './recording.ts';

const why = whyNoPostgres();
const describeIfPossible = why === null ? describe : describe.skip;

describeIfPossible(`the trade listener${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const { start, listen } = recordings();

  /** Until the database has what the venue did, and nothing is left to repair. */
  async function complete(recording: Recording): Promise<void> {
    const { venue, listener, open } = recording;
    await eventually(recording, 'everything stored', async () => {
      const { backfill_pending: gaps, queue_depth: queue } = listener.health;
      if (gaps > 0 || queue > 0) return false;
      const [row] = await open.rows('SELECT count(*) AS count FROM trades');
      return Number(row?.['count']) >= venue.ledger.tradeCount;
    });
    expect(await stored(recording)).to.deep.equal(told(venue.ledger.trades()));
  }

  /** The connection has brought all there is. */
  async function received(recording: Recording): Promise<void> {
    const { venue, listener } = recording;
    await eventually(
      recording,
      'all received',
      () => listener.health.trades_received === venue.ledger.tradeCount,
    );
  }

  it('stores 1200 trades over PONGs and a lost connection: 1200 rows, 1 reconnect, true counts (row 16)', async () => {
    const recording = await start();
    const { venue, clock, listener } = recording;
    venue.trade(500);
    await received(recording);
    // Longer than the interval of PING: the answer is no JSON.
    await clock.advance(25_000);
    venue.begin({ kind: 'disconnect', share: 1 })();
    while (venue.ledger.tradeCount < 1200) venue.trade(1);
    await eventually(recording, 'a reconnect', () => listener.health.reconnections === 1);
    await complete(recording);
    const health = listener.health;
    expect(health.trades_inserted).to.equal(venue.ledger.tradeCount);
    expect(health).to.include({ reconnections: 1, connections_active: 1, queue_depth: 0 });
    expect(health).to.include({ trades_dropped: 0, frames_quarantined: 0, gaps: 1 });
    // On a busy machine a trade is fetched before its frame has come.
    const brought = health.trades_received + health.trades_backfilled;
    expect(brought).to.be.at.least(venue.ledger.tradeCount);
    expect(health.batches_inserted).to.be.within(1, health.trades_received);
    for (const time of ['started_at', 'last_trade_ts', 'last_insert_ts', 'last_reconnect_ts']) {
      expect(health[time as keyof typeof health], time).to.match(/^\d{4}-.*Z$/);
    }
    expect(recording.snapshots, 'books anew after the gap').to.deep.equal([6]);
  });

  it('stores each trade once, and equal ones as often as they were made, whatever comes twice, late or broken', async () => {
    const seed = 7;
    const recording = await start({ seed, hashlessShare: 0.3, twinShare: 0.3 });
    const { venue, clock, listener } = recording;
    const ends = [
      venue.begin({ kind: 'duplicate', share: 0.4 }),
      venue.begin({ kind: 'late', share: 0.2, delayMs: 8000 }),
      venue.begin({ kind: 'garbage', share: 0.1 }),
    ];
    for (let round = 0; round < 4; round += 1) {
      venue.trade(60);
      await clock.advance(3000);
      if (round % 2 === 1) venue.begin({ kind: 'disconnect', share: 1 })();
      venue.trade(20);
      await eventually(recording, 'a connection', () => listener.health.connections_active === 1);
    }
    for (const end of ends) end();
    await complete(recording);
    expect(listener.health.frames_quarantined).to.be.above(0);
    const [row] = await recording.open.rows(
      'SELECT count(*) AS count FROM trades WHERE transaction_hash IS NULL',
    );
    expect(Number(row?.['count']), `without a hash, seed ${seed}`).to.be.above(0);
  });

  it('ends a connection that freezes while it answers PING, and fetches what was traded meanwhile', async () => {
    const recording = await start();
    const { venue, clock, listener } = recording;
    for (let moment = 0; moment < 120; moment += 1) {
      venue.trade(2);
      await clock.advance(500);
    }
    await received(recording);
    const thaw = venue.begin({ kind: 'freeze', share: 1 });
    venue.trade(40);
    await eventually(recording, 'a reconnect', () => listener.health.reconnections === 1);
    thaw();
    expect(recording.logged.join('')).to.match(/no data for \d+(\.\d+)? ms, though it is open/);
    await complete(recording);
  });

  it('finds what a connection has lost that was frozen for less than is suspicious', async () => {
    const recording = await start({}, { sweepIntervalMs: 40_000 });
    const { venue, clock, listener } = recording;
    venue.trade(20);
    await received(recording);
    const thaw = venue.begin({ kind: 'freeze', share: 1 });
    venue.trade(30);
    await clock.advance(5000);
    thaw();
    await complete(recording);
    expect(listener.health.gaps, 'nobody has noticed').to.equal(0);
    await eventually(recording, 'a warning', () =>
      recording.logged.join('').includes('trades were missing of which no gap told'),
    );
  });

  it('fetches what was traded in a market that closed before anybody noticed that its connection was silent', async () => {
    const recording = await start({}, { tokenRefreshMs: 2000 });
    const { venue, clock, open, listener } = recording;
    for (let moment = 0; moment < 120; moment += 1) {
      venue.trade(2);
      await clock.advance(500);
    }
    await received(recording);
    const thaw = venue.begin({ kind: 'freeze', share: 1 });
    const [market] = venue.markets;
    venue.trade(20, market?.conditionId);
    await addMarkets(
      open,
      venue.markets.map((one) => (one === market ? closed(one) : one)),
    );
    await eventually(recording, 'two tokens less', () => listener.health.tokens === 4);
    expect(listener.health.gaps, 'nobody has noticed').to.equal(0);
    await eventually(recording, 'a reconnect', () => listener.health.reconnections === 1);
    thaw();
    await complete(recording);
  });

  it('fetches what a new market had traded, though the run that found it ended before it could', async () => {
    const first = await start();
    const { venue, clock, open } = first;
    venue.trade(50);
    await received(first);
    const market = venue.openMarket();
    venue.trade(20, market.conditionId);
    // Longer than what a gap is read around it.
    await clock.advance(200_000);
    await addMarkets(open, venue.markets);
    await eventually(first, 'the new tokens', () => venue.listeners.tokens === 8);
    await first.listener.stop(5000);
    expect(first.listener.health.trades_backfilled, 'there was no time').to.equal(0);
    const second = listen(clock, venue, open);
    await eventually(second, 'the gap', () => second.listener.health.backfill_pending > 0);
    await complete(second);
  });

  it('takes the silence of quiet markets for no fault', async () => {
    const recording = await start();
    const { venue, clock, listener } = recording;
    venue.trade(2);
    await eventually(recording, 'two trades', () => listener.health.trades_received >= 2);
    for (let minute = 0; minute < 3; minute += 1) await clock.advance(60_000);
    expect(listener.health).to.include({ reconnections: 0, gaps: 0, connections_active: 1 });
  });

  it('counts what finds no room in the queue, and fetches it later', async () => {
    const recording = await start({}, { queueMax: 20, batchMax: 10 });
    const { venue, listener } = recording;
    venue.trade(300);
    await eventually(recording, 'an overflow', () => listener.health.gaps > 0);
    expect(listener.health.trades_dropped).to.be.above(0);
    await complete(recording);
  });

  it('stores what waits in the queue before it has stopped, and a second stop changes nothing (row 5)', async () => {
    const recording = await start();
    const { venue, listener } = recording;
    while (venue.ledger.tradeCount < 500) venue.trade(1);
    await received(recording);
    await listener.stop(5000);
    await listener.stop(5000);
    await recording.running;
    expect(await stored(recording)).to.deep.equal(told(venue.ledger.trades()));
    expect(venue.listeners.connections).to.equal(0);
    expect(listener.health.queue_depth).to.equal(0);
  });

  it('fetches what was traded while none was listening', async () => {
    const first = await start();
    const { venue, clock, open } = first;
    venue.trade(50);
    await eventually(first, 'trades', () => first.listener.health.trades_inserted > 0);
    await first.listener.stop(5000);
    await clock.advance(30_000);
    venue.trade(50);
    // Found while nobody listens to it, and over before somebody does.
    const short = venue.openMarket();
    await addMarkets(open, venue.markets);
    venue.trade(20, short.conditionId);
    await addMarkets(
      open,
      venue.markets.map((one) => (one === short ? closed(one) : one)),
    );
    await clock.advance(30_000);
    const second = listen(clock, venue, open);
    await eventually(second, 'a connection', () => second.listener.health.connections_active === 1);
    venue.trade(50);
    await eventually(second, 'the gap', () => second.listener.health.backfill_pending > 0);
    await complete(second);
    expect(second.listener.health.trades_backfilled).to.be.above(0);
    const gaps = await open.store.coverage.gaps('trades', clock.now() - 600_000);
    expect(gaps, 'gaps in the ledger').to.deep.equal([]);
  });

  it('follows tokens as they come and go, without a restart and without a gap in the others', async () => {
    const recording = await start({ markets: 3 }, { tokensPerConnection: 4 });
    const { venue, clock, open, listener } = recording;
    expect(listener.health).to.include({ tokens: 6, connections: 2 });
    const market = venue.openMarket();
    venue.trade(20, market.conditionId);
    await addMarkets(open, venue.markets);
    await clock.advance(60_000);
    await eventually(recording, 'the new tokens', () => venue.listeners.tokens === 8);
    venue.trade(20, market.conditionId);
    await complete(recording);
    expect(listener.health).to.include({ tokens: 8, connections: 2, reconnections: 0 });

    await addMarkets(
      open,
      venue.markets.map((one, at) => (at < 2 ? closed(one) : one)),
    );
    await clock.advance(60_000);
    await eventually(recording, 'two tokens less', () => venue.listeners.tokens === 4);
    expect(listener.health).to.include({ tokens: 4, reconnections: 0, gaps: 0 });
  });
});

function closed<M extends { readonly isClosed: boolean }>(market: M): M {
  return Object.create(market, { isClosed: { value: true } }) as M;
}
