import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Bus, type Subscriber } from '../../../daemon/bus/bus.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function open() {
  const clock = new FakeClock();
  const logged: string[] = [];
  const log = { error: (_fields: object, text: string) => void logged.push(text) };
  const bus = new Bus({ system: clock, log: log as never });
  const listen = (topics: string[], take: Subscriber['take'] = () => undefined) => {
    const heard: Event[] = [];
    const name = topics.join(' ');
    const end = bus.subscribe({
      name,
      topics,
      take: (event, text) => {
        heard.push(event);
        return take(event, text);
      },
    });
    return { heard, end };
  };
  return { bus, clock, logged, listen };
}

const topicsOf = (events: readonly Event[]) => events.map(({ topic }) => topic);

describe('the event bus in memory (row 70)', () => {
  it('tells each subscriber of what matches, exactly or by a pattern, once and in order', () => {
    const { bus, clock, listen } = open();
    const exact = listen(['price.BTC.update']);
    const wild = listen(['price.*.update', '**.update', 'trade.executed']);
    const id = bus.publish('price.BTC.update', { price: 1 }, 'feed');
    bus.publish('price.ETH.update', null);
    bus.publish('trade.executed', [1]);
    bus.publish('unheard', 0);
    expect(topicsOf(exact.heard)).to.deep.equal(['price.BTC.update']);
    expect(topicsOf(wild.heard)).to.deep.equal([
      'price.BTC.update',
      'price.ETH.update',
      'trade.executed',
    ]);
    const [event] = exact.heard;
    const time = new Date(clock.now()).toISOString();
    expect(event).to.deep.equal({
      id,
      seq: event?.seq,
      topic: 'price.BTC.update',
      data: { price: 1 },
      time,
      source: 'feed',
    });
    expect(wild.heard.map(({ seq }) => seq - event!.seq)).to.deep.equal([0, 1, 2]);
    expect(new Set(wild.heard.map((one) => one.id)).size).to.equal(3);
  });

  it('writes an event once, however many hear it', () => {
    const { bus, listen } = open();
    let count = 0;
    const data = { toJSON: () => (count += 1) } as unknown as null;
    for (let at = 0; at < 5; at += 1)
      listen(['a'], (_event, text) => expect(JSON.parse(text)).to.have.property('data', 1));
    bus.publish('a', data);
    expect(bus.past(null, 1, null)).to.have.nested.property('[0].data', 1);
    expect({ count, ...bus.stats() }).to.include({ count: 1, delivered: 5, failed: 0 });
  });

  it('buries what a subscriber cannot take, tells the log, and disturbs nobody else', async () => {
    const { bus, logged, listen } = open();
    const throwing = listen(['a'], () => {
      throw new TypeError('no');
    });
    listen(['a.**'], () => Promise.reject(new Error('not today')));
    const other = listen(['a']);
    const id = bus.publish('a', 1);
    bus.publish('a', 2);
    await nextTurn();
    expect([other.heard.length, throwing.heard.length]).to.deep.equal([2, 2]);
    const { dead_letters: letters, ...stats } = bus.stats();
    expect(stats).to.include({ published: 2, delivered: 6, failed: 4, subscribers: 3 });
    expect(letters[0]).to.include({ id, topic: 'a', subscriber: 'a', error: 'TypeError: no' });
    expect(letters.at(-1)).to.include({ subscriber: 'a.**', error: 'Error: not today' });
    expect(logged).to.have.length(4);
    expect(logged[0]).to.equal('a could not take an event: TypeError: no');
  });

  it('keeps the last dead letters only', () => {
    const { bus, listen } = open();
    listen(['a'], () => {
      throw new Error('x'.repeat(10_000));
    });
    for (let at = 0; at < 2000; at += 1) bus.publish('a', at);
    const { failed, dead_letters: letters } = bus.stats();
    expect(failed).to.equal(2000);
    expect(letters.length).to.be.within(100, 1000);
    expect(letters.every(({ error }) => error.length <= 1000)).to.equal(true);
  });

  it('lets everybody hear in one order what a subscriber publishes in between', () => {
    const { bus, listen } = open();
    const first = listen(['**'], ({ topic }) => {
      if (topic === 'ask') bus.publish('answer', null);
    });
    const second = listen(['**']);
    bus.publish('ask', null);
    expect(topicsOf(first.heard)).to.deep.equal(['ask', 'answer']);
    expect(topicsOf(second.heard)).to.deep.equal(['ask', 'answer']);
  });

  it('ends a circle of subscribers that publish what they hear', () => {
    const { bus, listen } = open();
    const { heard, end } = listen(['a'], () => bus.publish('a', null));
    bus.publish('a', null);
    expect(heard.length).to.equal(10_000);
    expect(bus.stats().dead_letters.at(-1)?.error).to.include('publish what they subscribe to');
    end();
    bus.publish('a', null);
    expect(heard.length).to.equal(10_000);
  });

  it('tells nobody who has ended, also in the middle of an event, and nobody when closed', () => {
    const { bus, listen } = open();
    const ends: (() => void)[] = [];
    listen(['a'], () => ends[0]?.());
    const later = listen(['a']);
    ends.push(later.end);
    bus.publish('a', null);
    expect(later.heard).to.deep.equal([]);
    later.end();
    const last = listen(['a']);
    bus.close();
    bus.publish('a', null);
    expect(last.heard).to.deep.equal([]);
    expect(bus.stats()).to.include({ subscribers: 0, patterns: 0 });
  });

  it('shows the last events, or the first ones after a number', () => {
    const { bus } = open();
    for (const topic of ['a', 'b', 'a', 'b', 'a']) bus.publish(topic, topic);
    const first = bus.seq - 4;
    const numbers = (...args: Parameters<Bus['past']>) =>
      bus.past(...args).map(({ seq }) => seq - first);
    expect(numbers(null, 100, null)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(numbers(['a'], 2, null)).to.deep.equal([2, 4]);
    expect(numbers(['a', 'b'], 2, first)).to.deep.equal([1, 2]);
  });

  it('numbers on from where the daemon before it cannot have come', async () => {
    const { bus, clock } = open();
    for (let at = 0; at < 900; at += 1) bus.publish('a', at);
    await clock.advance(1);
    const next = new Bus({ system: clock, log: { error: () => undefined } as never });
    next.publish('a', null);
    expect(next.seq).to.be.greaterThan(bus.seq);
  });

  it('takes no topic that nobody could subscribe to', () => {
    const { bus } = open();
    expect(() => bus.publish('a.*', null)).to.throw('cannot publish under "a.*"');
  });
});
