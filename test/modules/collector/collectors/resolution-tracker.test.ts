import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import { ResolutionTracker } from '../../../../modules/collector/collectors/resolution-tracker.ts';
import type { Venue } from '../../../../modules/collector/venue/venue.ts';
import { testDatabase, whyNoPostgres } from '../../../support/postgres.ts';
import type { Answer, Asked } from '../venue/venue-server.ts';
import { Collecting } from './collecting.ts';
import { conditionId, keysetAnswer, tokenIds, wireEvent, wireMarket } from './gamma-fixtures.ts';

const never = new AbortController().signal;
const dayMs = 24 * 3_600_000;

/** What the venue says of closed markets, to be changed by the test. */
interface Script {
  events: readonly unknown[];
  pageSize: number;
  official: readonly object[];
  /** An answer in place of the scripted one. */
  instead: (asked: Asked) => Answer | null;
}

describe('the tracker of resolutions', () => {
  const databaseUrl = testDatabase();
  let collecting: Collecting;

  before(function () {
    if (whyNoPostgres() !== null) this.skip();
  });

  afterEach(() => collecting.close());

  function trackerOf(venue: Venue, aheadMs = (): number => 0) {
    const { store, log } = collecting;
    const clock = { ...realClock, now: () => realClock.now() + aheadMs() };
    return new ResolutionTracker({
      store,
      venue,
      clock,
      log,
      maxMarkets: 10_000,
      intervalMs: 300_000,
    });
  }

  async function scripted(given: Partial<Script>) {
    collecting = await Collecting.open(await databaseUrl());
    const script: Script = {
      events: [],
      pageSize: 50,
      official: [],
      instead: () => null,
      ...given,
    };
    const served = await collecting.served((asked) => {
      const { path, query } = asked;
      const instead = script.instead(asked);
      if (instead !== null) return instead;
      if (path.endsWith('/events/keyset'))
        return {
          body: keysetAnswer('events', script.events, query.get('after_cursor'), script.pageSize),
        };
      const wanted = (query.get('condition') ?? '').split(',');
      if (path.endsWith('/v2/resolutions'))
        return {
          body: {
            data: script.official.filter((row) =>
              wanted.includes((row as { condition_id: string }).condition_id),
            ),
          },
        };
      return { status: 404, body: { error: 'market not found' } };
    });
    return { script, ...served };
  }

  function closedEvent(number: number, change: object = {}): object {
    return wireEvent(number, [
      wireMarket(number, { closed: true, outcomePrices: '["0", "1"]', ...change }),
    ]);
  }

  function verdicts() {
    return collecting.rows(
      'SELECT condition_id, verdict, outcome, winner_token_id FROM resolutions ORDER BY condition_id',
    );
  }

  it('takes the prices 0 and 1 of a closed event for the second outcome and closes the market; the second run changes nothing (row 15)', async () => {
    const { venue } = await scripted({ events: [closedEvent(1)] });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(1);
    expect(await verdicts()).to.deep.equal([
      {
        condition_id: conditionId(1),
        verdict: 'won',
        outcome: 'No',
        winner_token_id: tokenIds(1)[1],
      },
    ]);
    expect(await collecting.rows('SELECT closed FROM markets')).to.deep.equal([{ closed: true }]);
    expect(await tracker.collectOnce(never)).to.equal(0);
    expect(await collecting.count('resolution_history')).to.equal(1);
    expect(tracker.stats).to.deep.include({ error_count: 0, total_items: 1 });
  });

  it('finds the event on page 7, and what closes after it has read the last page, by its cursor (row 15)', async () => {
    const events = Array.from({ length: 7 }, (_, at) => closedEvent(at));
    const { script, server, venue } = await scripted({ events, pageSize: 1 });
    expect(await trackerOf(venue).collectOnce(never)).to.equal(7);
    expect(await collecting.count('resolutions')).to.equal(7);

    script.events = [...events, closedEvent(7), closedEvent(8)];
    const before = server.asked.length;
    // A new instance, as after a restart, reads the page it had come to and what follows.
    expect(await trackerOf(venue).collectOnce(never)).to.equal(2);
    const read = server.asked.slice(before).filter(({ path }) => path.endsWith('/events/keyset'));
    expect(read.map(({ query }) => query.get('after_cursor'))).to.deep.equal([
      'after-6',
      'after-7',
      'after-8',
    ]);
    expect(read[0]!.query.get('ascending')).to.equal('true');
  });

  it('reads no more than 20 pages of events in a cycle and goes on there in the next', async () => {
    const events = Array.from({ length: 22 }, (_, at) => closedEvent(at));
    const { venue } = await scripted({ events, pageSize: 1 });
    const tracker = trackerOf(venue);
    const found = [];
    for (let cycle = 0; cycle < 3; cycle += 1) found.push(await tracker.collectOnce(never));
    expect(found).to.deep.equal([20, 2, 0]);
  });

  it('decides nothing while a dispute lasts, then what comes of it, and keeps the history of both', async () => {
    const { script, venue } = await scripted({
      events: [closedEvent(1)],
      official: [{ condition_id: conditionId(1), status: 'disputed', proposed_price: '0' }],
    });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(1);
    expect((await verdicts())[0]).to.deep.include({ verdict: 'disputed', outcome: 'No' });
    // The price is pinned to the second outcome all the time.
    script.official = [
      { condition_id: conditionId(1), status: 'resolved', payouts: [1_000_000, 0] },
    ];
    expect(await tracker.collectOnce(never)).to.equal(1);
    expect((await verdicts())[0]).to.deep.include({
      verdict: 'won',
      outcome: 'Yes',
      winner_token_id: tokenIds(1)[0],
    });
    const history = await collecting.rows(
      'SELECT verdict, outcome FROM resolution_history ORDER BY seen_at',
    );
    expect(history).to.deep.equal([
      { verdict: 'disputed', outcome: 'No' },
      { verdict: 'won', outcome: 'Yes' },
    ]);
  });

  it('records a verdict that flips after it was final, found by the daily walk through all closed events', async () => {
    let aheadMs = 0;
    const { script, venue } = await scripted({
      events: Array.from({ length: 3 }, (_, at) => closedEvent(at)),
      pageSize: 1,
    });
    const tracker = trackerOf(venue, () => aheadMs);
    expect(await tracker.collectOnce(never)).to.equal(3);
    // Not the last page, which is read in every cycle anyway.
    script.official = [
      { condition_id: conditionId(0), status: 'resolved', payouts: [1_000_000, 0] },
    ];
    expect(await tracker.collectOnce(never)).to.equal(0);
    aheadMs = dayMs + 60_000;
    expect(await tracker.collectOnce(never)).to.equal(1);
    const history = await collecting.rows(
      'SELECT outcome FROM resolution_history WHERE condition_id = $1 ORDER BY seen_at',
      [conditionId(0)],
    );
    expect(history).to.deep.equal([{ outcome: 'No' }, { outcome: 'Yes' }]);
  });

  it('knows halves, void markets and the winner that the CLOB has marked', async () => {
    const { venue } = await scripted({
      events: [0, 1, 2].map((n) => closedEvent(n, { outcomePrices: '["0.5", "0.5"]' })),
      official: [
        {
          condition_id: conditionId(0),
          status: 'resolved',
          payouts: [500_000, 500_000],
          price: '69',
        },
        { condition_id: conditionId(1), status: 'resolved', payouts: [0, 0], price: '69' },
      ],
      instead: ({ path }) =>
        path.endsWith(`/clob/markets/${conditionId(2)}`)
          ? {
              body: {
                tokens: [
                  { token_id: tokenIds(2)[0], winner: true },
                  { token_id: tokenIds(2)[1], winner: false },
                ],
              },
            }
          : null,
    });
    expect(await trackerOf(venue).collectOnce(never)).to.equal(3);
    const rows = await collecting.rows(
      'SELECT verdict, payouts, outcome, detection_method FROM resolutions ORDER BY condition_id',
    );
    expect(rows).to.deep.equal([
      {
        verdict: 'split',
        payouts: ['0.5', '0.5'],
        outcome: null,
        detection_method: 'data_v2_payouts',
      },
      { verdict: 'void', payouts: null, outcome: null, detection_method: 'data_v2_payouts' },
      { verdict: 'won', payouts: null, outcome: 'Yes', detection_method: 'clob_winner' },
    ]);
  });

  it('takes no weaker evidence while the strongest does not answer, and does not go past it', async () => {
    const { script, venue } = await scripted({
      events: [closedEvent(1)],
      official: [{ condition_id: conditionId(1), status: 'resolved', payouts: [1_000_000, 0] }],
      instead: ({ path }) => (path.endsWith('/v2/resolutions') ? { status: 404, body: {} } : null),
    });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(0);
    expect(await collecting.count('resolutions')).to.equal(0);
    expect(tracker.stats.error_count).to.equal(1);
    script.instead = () => null;
    expect(await tracker.collectOnce(never)).to.equal(1);
    expect((await verdicts())[0]).to.deep.include({ outcome: 'Yes' });
  });

  it('asks for a market whose end has passed though no list of closed ones has it', async () => {
    const { venue } = await scripted({
      official: [{ condition_id: conditionId(5), status: 'resolved', payouts: [0, 1_000_000] }],
    });
    await collecting.store.upsertMarkets([
      {
        ...{ conditionId: conditionId(5), question: 'Over?', slug: null, marketType: null },
        ...{ outcomes: ['Yes', 'No'], tokenIds: tokenIds(5), active: true, closed: false },
        ...{ endDateIso: '2024-01-01', volume24h: null },
      },
    ]);
    expect(await trackerOf(venue).collectOnce(never)).to.equal(1);
    expect((await verdicts())[0]).to.deep.include({ outcome: 'No' });
    expect(await collecting.rows('SELECT closed FROM markets')).to.deep.equal([{ closed: true }]);
  });

  it('leaves out the one id that the Data API does not take, and decides the others', async () => {
    const bad = conditionId(2);
    const { server, venue } = await scripted({
      events: Array.from({ length: 5 }, (_, at) => closedEvent(at)),
      official: [0, 1, 2, 3, 4].map((n) => ({
        ...{ condition_id: conditionId(n), status: 'resolved', payouts: [1_000_000, 0] },
      })),
      instead: ({ path, query }) =>
        path.endsWith('/v2/resolutions') && (query.get('condition') ?? '').includes(bad)
          ? { status: 400, body: { error: 'condition is malformed', code: 'invalid' } }
          : null,
    });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(5);
    const outcomes = (await verdicts()).map(({ outcome }) => outcome);
    // Of that one the prices are all there is.
    expect(outcomes).to.deep.equal(['Yes', 'Yes', 'No', 'Yes', 'Yes']);
    expect(tracker.stats.error_count).to.equal(0);
    expect(server.asked.length).to.be.below(12);
  });

  it('leaves out what the CLOB gives no answer for, asks it no more than three times in vain, and goes on', async () => {
    const { script, server, venue } = await scripted({
      events: Array.from({ length: 9 }, (_, at) => closedEvent(at)),
      official: [{ condition_id: conditionId(8), status: 'resolved', payouts: [1_000_000, 0] }],
      instead: ({ path }) => (path.startsWith('/clob') ? { status: 403, body: 'no' } : null),
    });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(1);
    expect((await verdicts())[0]).to.deep.include({ condition_id: conditionId(8), outcome: 'Yes' });
    // Three for the closed events, three for the same ones among those without a verdict.
    expect(server.asked.filter(({ path }) => path.startsWith('/clob'))).to.have.length(6);
    expect(tracker.stats.error_count).to.equal(6);
    script.instead = () => null;
    expect(await tracker.collectOnce(never)).to.equal(8);
  });

  it('begins anew where the venue refuses the cursor that was saved', async () => {
    const { venue } = await scripted({
      events: [closedEvent(1)],
      instead: ({ query }) =>
        query.get('after_cursor') === 'of last year'
          ? { status: 422, body: { error: 'after_cursor is not valid' } }
          : null,
    });
    await collecting.store.saveCursor({ name: 'resolutions/tail', value: 'of last year' });
    const tracker = trackerOf(venue);
    expect(await tracker.collectOnce(never)).to.equal(0);
    expect(tracker.stats.error_count).to.equal(1);
    expect(await tracker.collectOnce(never)).to.equal(1);
  });

  it("comes to the verdicts of the simulator's ledger through disputes, flips and halves", async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { simulator, venue } = await collecting.simulated({ markets: 80, seed: 6 });
    const tracker = trackerOf(venue);
    const plans = [
      { winner: 0 },
      { winner: 1 },
      { winner: 'split' },
      { winner: 1, isDisputed: true, isFlipped: true },
    ] as const;
    const expected = new Map<string, unknown>();
    for (const [at, { conditionId: id, tokens }] of simulator.markets.slice(0, 40).entries()) {
      const plan = plans[at % plans.length]!;
      simulator.resolve(id, plan);
      expected.set(id, plan.winner === 'split' ? null : tokens[plan.winner]);
      if (at % 10 === 9) await tracker.collectOnce(never);
    }
    await tracker.collectOnce(never);
    const found = await verdicts();
    // An event is listed as closed when all of its markets are.
    for (const { condition_id, winner_token_id } of found)
      expect(winner_token_id, String(condition_id)).to.equal(expected.get(String(condition_id)));
    const whole = simulator.markets.filter(({ eventNumber }) =>
      simulator.markets.every(
        (market) => market.eventNumber !== eventNumber || expected.has(market.conditionId),
      ),
    );
    expect(found.length).to.be.at.least(whole.length).and.at.least(5);
    expect(tracker.stats.error_count).to.equal(0);
  });
});
