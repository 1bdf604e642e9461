import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { gzipSync } from 'node:zlib';
import { type Clock, realClock } from '../../../../modules/api/clock.ts';
import { HttpClient } from '../../../../modules/api/http.ts';
import { busiestOpen } from '../../../../modules/collector/collectors/lists.ts';
import { VenueError } from '../../../../modules/collector/venue/error.ts';
import { openVenue } from '../../../../modules/collector/venue/venue.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type Answer, type Asked, VenueServer } from './venue-server.ts';

const never = new AbortController().signal;
const html = '<!DOCTYPE html><html><h1>You are being rate limited</h1></html>';

describe('a question to the venue', () => {
  const ends: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function setUp(
    answer: (asked: Asked, number: number) => Answer | Promise<Answer>,
    clock: Clock = realClock,
  ) {
    const server = await VenueServer.open(answer);
    ends.push(() => server.close());
    const http = new HttpClient({ clock, retry: { baseDelayMs: 1 } });
    ends.push(() => http.close());
    return { server, venue: openVenue({ http, urls: server.urls, clock }) };
  }

  async function failureOf(answer: Promise<unknown>): Promise<VenueError> {
    const error = await answer.then(
      () => null,
      (e: unknown) => e,
    );
    if (!(error instanceof VenueError)) throw new Error(`expected a VenueError: ${String(error)}`);
    return error;
  }

  it('asks for a page by its cursor, below the path of the service', async () => {
    const { server, venue } = await setUp(() => ({ body: { events: [], next_cursor: 'n' } }));
    const page = await venue.gamma.eventMarkets(busiestOpen, 'c=/+', never);
    expect(page).to.deep.equal({ rows: [], garbage: [], firstId: null, next: 'n' });
    expect(server.asked[0]!.path).to.equal('/gamma/events/keyset');
    expect(Object.fromEntries(server.asked[0]!.query)).to.deep.equal({
      closed: 'false',
      order: 'volume',
      ascending: 'false',
      limit: '20',
      after_cursor: 'c=/+',
    });
  });

  it('asks for books with a body that has each token, and the smallest trades too', async () => {
    const { server, venue } = await setUp(({ path }) => ({
      body: path.endsWith('/books')
        ? []
        : { data: [], pagination: { has_more: false, next_cursor: null } },
    }));
    await venue.clob.books(['1', '2'], never);
    await venue.data.trades({ conditionIds: ['0xa', '0xb'], cursor: null }, never);
    expect(server.asked[0]).to.deep.include({
      path: '/clob/books',
      body: [{ token_id: '1' }, { token_id: '2' }],
    });
    expect(Object.fromEntries(server.asked[1]!.query)).to.deep.equal({
      condition: '0xa,0xb',
      filter_type: 'TOKENS',
      filter_amount: '0.000001',
      limit: '1000',
    });
  });

  for (const status of [408, 429, 500, 502, 503, 504])
    it(`asks again after a ${status}, three times in all, a POST too`, async () => {
      const { server, venue } = await setUp(() => ({ status, type: 'text/html', body: html }));
      const error = await failureOf(venue.clob.books(['1'], never));
      expect(server.asked).to.have.length(3);
      expect(error.failure).to.deep.equal({ kind: 'unanswered', status });
    });

  for (const status of [400, 401, 403, 404, 422])
    it(`asks once when the answer is a ${status}`, async () => {
      const { server, venue } = await setUp(() => ({ status, body: { error: 'no' } }));
      const error = await failureOf(venue.data.resolutions(['0xa'], never));
      expect(server.asked).to.have.length(1);
      expect(error.failure).to.deep.equal({ kind: 'unanswered', status });
    });

  it('asks again when an answer is cut off, and keeps what came in the end', async () => {
    const { server, venue } = await setUp((_, number) => ({
      body: number < 3 ? '{"events": [{"id": "1", "mar' : { events: [] },
    }));
    expect((await venue.gamma.eventMarkets(busiestOpen, null, never)).rows).to.deep.equal([]);
    expect(server.asked).to.have.length(3);
    const cut = await setUp(() => ({ body: '{"events": [' }));
    const error = await failureOf(cut.venue.gamma.eventMarkets(busiestOpen, null, never));
    expect(error.failure).to.deep.equal({ kind: 'garbled', raw: '{"events": [' });
    expect(cut.server.asked).to.have.length(3);
  });

  it('asks again when an answer is cut off within its compression', async () => {
    const whole = gzipSync(JSON.stringify({ events: [] }));
    const { server, venue } = await setUp((_, number) => ({
      headers: { 'content-encoding': 'gzip' },
      body: number < 3 ? whole.subarray(0, 12) : whole,
    }));
    expect((await venue.gamma.eventMarkets(busiestOpen, null, never)).rows).to.deep.equal([]);
    expect(server.asked).to.have.length(3);
  });

  it('never takes a page of HTML for an answer, whatever its status', async () => {
    const { server, venue } = await setUp(() => ({ type: 'text/html; charset=UTF-8', body: html }));
    const error = await failureOf(venue.data.trades({ conditionIds: [], cursor: null }, never));
    expect(error.failure).to.deep.equal({ kind: 'garbled', raw: html });
    expect(server.asked).to.have.length(1);
  });

  for (const body of ['[]', '{}', '{"events": {}}', '5', 'null', '{"error": "maintenance"}'])
    it(`refuses the answer ${body} where a list was to be`, async () => {
      const { venue } = await setUp(() => ({ body }));
      const error = await failureOf(venue.gamma.eventMarkets(busiestOpen, null, never));
      expect(error.failure).to.deep.equal({ kind: 'garbled', raw: body.replace(/: /g, ':') });
    });

  it('takes "data: null" for what it says: there is nothing', async () => {
    const { venue } = await setUp(() => ({ body: { data: null } }));
    expect(await venue.data.resolutions(['0xa'], never)).to.deep.include({ rows: [], garbage: [] });
  });

  it('lets Retry-After hold back what comes next, of every kind at that host', async () => {
    const clock = new FakeClock();
    const { server, venue } = await setUp(
      (_, number) =>
        number === 1
          ? { status: 429, type: 'text/html', headers: { 'retry-after': '50' }, body: html }
          : { body: { data: [] } },
      clock,
    );
    // There is no time for that within one question, so it fails at once.
    const error = await failureOf(venue.data.resolutions(['0xa'], never));
    expect(error.failure).to.deep.equal({ kind: 'unanswered', status: 429 });
    const next = venue.data.trades({ conditionIds: [], cursor: null }, never);
    await clock.advance(49_999);
    expect(server.asked).to.have.length(1);
    // The HTTP client adds a little, so that many do not come back in the same moment.
    while (server.asked.length < 2) await clock.advance(100);
    expect((await next).rows).to.deep.equal([]);
  });

  it('counts each attempt against the limits, so that retries do not go beyond them', async () => {
    // For the limits no time passes, however slow the machine is.
    const clock = { ...realClock, monotonicMs: () => 1000 };
    const { venue } = await setUp(() => ({ status: 500, body: {} }), clock);
    // Six questions of three attempts each, where fifteen may go at once.
    for (let question = 0; question < 6; question += 1)
      await failureOf(venue.data.resolutions(['0xa'], never));
    expect(venue.limiter.waitedMs).to.be.above(0);
  });

  it('ends at once when the signal aborts, with its reason', async () => {
    let reached: () => void;
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const { venue } = await setUp(() => {
      reached();
      return new Promise<Answer>(() => undefined);
    });
    const stop = new AbortController();
    const asked = venue.clob.books(['1'], stop.signal).catch((e: unknown) => e);
    await arrived;
    stop.abort(new Error('stopping'));
    expect(await asked).to.have.property('message', 'stopping');
  });

  it('gives up on an answer that does not come, in the time that a question has', async () => {
    const clock = new FakeClock();
    let reached: () => void;
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const { venue } = await setUp(() => {
      reached();
      return new Promise<Answer>(() => undefined);
    }, clock);
    const asked = failureOf(venue.clob.books(['1'], never));
    await arrived;
    await clock.advance(45_000);
    expect((await asked).failure).to.deep.equal({ kind: 'unanswered', status: null });
  });

  it('knows the winner that the CLOB has marked, and none of a market it does not know', async () => {
    const tokens = [
      { token_id: '1', winner: false },
      { token_id: '2', winner: true },
    ];
    const { venue } = await setUp(({ path }) =>
      path.endsWith('/0xa')
        ? { body: { tokens } }
        : path.endsWith('/0xb')
          ? { body: { tokens: [tokens[0]] } }
          : { status: 404, body: {} },
    );
    const winners = await Promise.all(
      ['0xa', '0xb', '0xc'].map((id) => venue.clob.winner(id, never)),
    );
    expect(winners).to.deep.equal(['2', null, null]);
  });
});
