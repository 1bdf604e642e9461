// What events keep to, whether publisher and hearer have one daemon or two with Redis between them.
import { expect } from 'chai';
import { afterEach, beforeEach, it } from 'mocha';
import fc from 'fast-check';
import type { Bus, EventData } from '../../daemon/bus/bus.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { until } from '../support/until.ts';

export interface BusUnderTest {
  readonly publisher: Bus;
  /** Hears from now on what the publisher publishes. */
  readonly hearer: Bus;
  /** As the hearer shows who published it, given as `feed`. */
  readonly source: string;
  readonly remove: () => Promise<void>;
}

const seed = 70;

/** Belongs into a `describe` that names the way. Each test gets buses of its own. */
export function itCarriesEvents(create: () => Promise<BusUnderTest>): void {
  let held: BusUnderTest;

  beforeEach(async () => {
    held = await create();
  });
  afterEach(() => held.remove());

  const publish = (topic: string, data: EventData) => held.publisher.publish(topic, data, 'feed');

  function hear(...topics: string[]): Event[] {
    const heard: Event[] = [];
    held.hearer.subscribe({ name: 'hearer', topics, take: (event) => heard.push(event) });
    return heard;
  }

  /** What was published before it has arrived by then, if it ever does. */
  async function settled(): Promise<void> {
    const marks = hear('mark.settled');
    publish('mark.settled', null);
    await until('the mark is there', () => marks.length > 0);
  }

  it('gives each subscriber what matches, exactly or by a pattern, once (row 70)', async () => {
    const exact = hear('price.BTC.update');
    const one = hear('price.*.update', 'price.BTC.update');
    const any = hear('price.**');
    for (const topic of ['price.BTC.update', 'price.ETH.update', 'price.a.b.update', 'price'])
      publish(topic, topic);
    await settled();
    const dataOf = (events: readonly Event[]) => events.map(({ data }) => data);
    expect(dataOf(exact)).to.deep.equal(['price.BTC.update']);
    expect(dataOf(one)).to.deep.equal(['price.BTC.update', 'price.ETH.update']);
    expect(dataOf(any)).to.deep.equal([
      'price.BTC.update',
      'price.ETH.update',
      'price.a.b.update',
      'price',
    ]);
  });

  it('keeps the id, the time and the order, and says who published it', async () => {
    const heard = hear('order.*');
    const told: Event[] = [];
    held.publisher.subscribe({
      name: 'own',
      topics: ['order.*'],
      take: (event) => told.push(event),
    });
    const ids = Array.from({ length: 500 }, (_, n) => publish('order.filled', { n }));
    await settled();
    expect(heard.map(({ id }) => id)).to.deep.equal(ids);
    expect(heard.map(({ time }) => time)).to.deep.equal(told.map(({ time }) => time));
    expect(new Set(heard.map(({ source }) => source))).to.deep.equal(new Set([held.source]));
  });

  it('numbers what arrives as its own, and keeps it for who resumes', async () => {
    held.hearer.publish('own.before', 1);
    const heard = hear('**');
    publish('there.one', 1);
    await settled();
    held.hearer.publish('own.after', 2);
    const seqs = heard.map(({ seq }) => seq);
    expect(seqs).to.deep.equal(seqs.map((_, at) => (seqs[0] ?? 0) + at));
    const past = held.hearer.since(seqs[0] ?? 0, ['own.*', 'there.*']);
    expect(past.events.map(({ topic }) => topic)).to.deep.equal(['own.after']);
    expect(held.hearer.past(['there.*'], 10, null).map(({ id }) => id)).to.deep.equal(
      heard.filter(({ topic }) => topic === 'there.one').map(({ id }) => id),
    );
  });

  it(`carries any JSON to the letter (seed ${seed})`, async () => {
    const heard = hear('any.thing');
    const values = fc.sample(fc.jsonValue(), { seed, numRuns: 100 }) as EventData[];
    for (const value of values) publish('any.thing', value);
    publish('any.thing', 'é'.repeat(400_000));
    await settled();
    const texts = heard.map(({ data }) => JSON.stringify(data));
    expect(texts.slice(0, -1)).to.deep.equal(values.map((value) => JSON.stringify(value)));
    expect(heard.at(-1)?.data).to.have.length(400_000);
  });
}
