import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { FakeClock } from '../../support/fake-clock.ts';
import { fullSchedule } from './fault-schedule.ts';
import type { Fault } from './faults.ts';
import type { Simulator } from './simulator.ts';
import { get, Listener, post, testVenues } from './venue.ts';

describe('The faults of the simulated venue', () => {
  const openVenue = testVenues();
  const listeners: Listener[] = [];
  afterEach(() => listeners.splice(0).forEach((listener) => listener.close()));

  async function listen(venue: Simulator): Promise<Listener> {
    const listener = await Listener.open(venue);
    listeners.push(listener);
    await listener.subscribe(venue.markets.flatMap(({ tokens }) => tokens));
    return listener;
  }

  const causeOf = async (url: string): Promise<unknown> => {
    try {
      await (await fetch(url)).json();
      return null;
    } catch (error) {
      const { cause } = error as { cause?: { code?: unknown } };
      return cause?.code ?? (error as Error).name;
    }
  };

  it('cuts connections without a closing handshake', async () => {
    const venue = await openVenue({ markets: 2 });
    const closed = (await listen(venue)).closed();
    venue.begin({ kind: 'disconnect', share: 1 });
    expect(await closed).to.equal(1006);
    expect(venue.listeners).to.deep.equal({ connections: 0, tokens: 0 });
  });

  it('freezes connections that go on answering PING, and not those that come after', async () => {
    const venue = await openVenue({ markets: 2 });
    const frozen = await listen(venue);
    const end = venue.begin({ kind: 'freeze', share: 1 });
    const fresh = await listen(venue);
    venue.trade(3);
    await frozen.settled();
    await fresh.settled();
    expect(frozen.frames).to.deep.equal([]);
    expect(fresh.frames).to.not.deep.equal([]);
    end();
    venue.trade(1);
    await frozen.event('last_trade_price');
  });

  it('refuses connections and takes them again on the same port', async () => {
    const venue = await openVenue({ markets: 2 });
    const listener = await listen(venue);
    const end = venue.begin({ kind: 'refuse' });
    expect(await causeOf(`${venue.urls.clob}/ok`)).to.equal('ECONNREFUSED');
    await listener.settled();
    end();
    expect((await get(`${venue.urls.clob}/ok`)).status).to.equal(200);
  });

  for (const [fault, expected] of [
    [
      { kind: 'rate-limit', share: 1, body: 'html', retryAfterSeconds: null },
      { status: 429, type: 'text/html; charset=UTF-8', retryAfter: null },
    ],
    [
      { kind: 'rate-limit', share: 1, body: 'json', retryAfterSeconds: 7 },
      { status: 429, type: 'application/json', retryAfter: '7' },
    ],
    [
      { kind: 'server-error', share: 1, areas: ['clob'], status: 503 },
      { status: 503, type: 'application/json; charset=utf-8', retryAfter: null },
    ],
  ] as const satisfies readonly (readonly [Fault, object])[]) {
    it(`answers ${expected.status} as ${expected.type}`, async () => {
      const venue = await openVenue({ markets: 2 });
      venue.begin(fault);
      const response = await fetch(`${venue.urls.clob}/ok`);
      expect({
        status: response.status,
        type: response.headers.get('content-type'),
        retryAfter: response.headers.get('retry-after'),
      }).to.deep.equal(expected);
      await response.text();
      if ('areas' in fault) expect((await get(`${venue.urls.gamma}/markets`)).status).to.equal(200);
    });
  }

  it('truncates answers, by a text that ends early or a connection that does', async () => {
    const venue = await openVenue({ markets: 2 });
    venue.begin({ kind: 'truncate', share: 1 });
    const causes = new Set<unknown>();
    for (let attempt = 0; attempt < 20; attempt++) {
      causes.add(await causeOf(`${venue.urls.gamma}/markets/keyset`));
    }
    expect(causes).to.include('SyntaxError');
    expect(causes).to.not.include(null);
    expect(causes.size).to.be.greaterThan(1);
  });

  it('resets connections', async () => {
    const venue = await openVenue({ markets: 2 });
    venue.begin({ kind: 'reset', share: 1, areas: ['data'] });
    expect(await causeOf(`${venue.urls.data}/v2/trades`)).to.be.oneOf([
      'ECONNRESET',
      'UND_ERR_SOCKET',
    ]);
  });

  it('answers late', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 2 });
    venue.begin({ kind: 'slow', share: 1, areas: ['clob'], delayMs: 60_000 });
    const answered: string[] = [];
    const late = get(`${venue.urls.clob}/ok`).then(() => answered.push('late'));
    // What is asked later, elsewhere, is answered before.
    await get(`${venue.urls.gamma}/markets`).then(() => answered.push('soon'));
    expect(answered).to.deep.equal(['soon']);
    while (answered.length < 2) await clock.advance(60_000);
    await late;
  });

  it('reorders books and leaves some out', async () => {
    const venue = await openVenue({ markets: 20 });
    const tokens = venue.markets.map(({ tokens: [token] }) => token);
    const books = async () => {
      const asked = tokens.map((token_id) => ({ token_id }));
      const { body } = await post<{ asset_id: string }[]>(`${venue.urls.clob}/books`, asked);
      return body.map(({ asset_id }) => asset_id);
    };
    const end = venue.begin({ kind: 'disorder' });
    const disordered = await books();
    expect(disordered).to.have.members(tokens);
    expect(disordered).to.not.deep.equal(tokens);
    end();
    venue.begin({ kind: 'omit', share: 0.5 });
    const kept = await books();
    expect(kept.length).to.be.within(1, 19);
    expect(tokens).to.include.members(kept);
  });

  it('doubles, delays and garbles trades on the stream', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 2 });
    const listener = await listen(venue);
    const tradesOf = async (fault: Fault) => {
      await listener.settled();
      listener.frames.length = 0;
      const end = venue.begin(fault);
      venue.trade(1);
      end();
      await listener.settled();
      return listener.frames.filter((text) => /last_trade_price","market|timed out/.test(text));
    };
    const doubled = await tradesOf({ kind: 'duplicate', share: 1 });
    expect(doubled).to.have.length(2);
    expect(doubled[1]).to.equal(doubled[0]);
    const [whole, garbled] = await tradesOf({ kind: 'garbage', share: 1 });
    expect(() => JSON.parse(whole!) as unknown).to.not.throw();
    expect(() => JSON.parse(garbled!) as unknown).to.throw();
    expect(await tradesOf({ kind: 'late', share: 1, delayMs: 500 })).to.deep.equal([]);
    await clock.advance(500);
    await listener.frame((text) => text.includes('last_trade_price","market'));
  });

  it('come by a schedule that has every kind and is the same for the same seed', async () => {
    const times = { fromMs: 1000, untilMs: 1_800_000, quietMs: 5000 };
    const schedule = fullSchedule(9, times);
    expect(schedule).to.deep.equal(fullSchedule(9, times));
    expect(schedule).to.not.deep.equal(fullSchedule(10, times));
    expect(new Set(schedule.map(({ fault }) => fault.kind)).size).to.equal(13);

    const clock = new FakeClock();
    const [first] = schedule;
    const venue = await openVenue({ clock, markets: 1, faults: schedule });
    await clock.advance(first!.atMs + first!.durationMs + 20);
    expect(venue.ledger.faults.map(({ fault }) => fault)).to.deep.equal([first!.fault]);
    expect(venue.ledger.faults[0]!.untilMs).to.be.a('number');
  });
});
