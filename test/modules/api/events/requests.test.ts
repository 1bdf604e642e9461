import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Bus, type EventData } from '../../../../daemon/bus/bus.ts';
import { realSystem } from '../../../../daemon/system.ts';
import type { EventSubscription } from '../../../../modules/api/events/stream.ts';
import { Requests } from '../../../../modules/api/events/requests.ts';
import { RpcError } from '../../../../rpc/errors.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { until } from '../../../support/until.ts';

/** Modules on one bus, without the wire between. */
function house() {
  const said: string[] = [];
  const clock = new FakeClock();
  const bus = new Bus({ system: realSystem, log: { error: () => undefined } as never });
  const log = { ...console, debug: () => undefined, info: () => undefined } as never;
  const warn = (text: string): void => void said.push(text);
  const module = () =>
    new Requests({
      publish: (topic, data) => Promise.resolve(bus.publish(topic, data as EventData, 'module')),
      subscribe: (topics, onEvent) => {
        const end = bus.subscribe({ name: 'module', topics: [topics], take: onEvent });
        return { begun: Promise.resolve(), cancel: end } as unknown as EventSubscription;
      },
      log: Object.assign({}, log, { warn, error: warn }),
      clock,
    });
  return { bus, clock, module, said };
}

async function failure(asked: Promise<unknown>): Promise<RpcError> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
  throw new Error('it was answered');
}

describe('requests between modules', () => {
  let here = house();
  afterEach(() => {
    here = house();
  });

  it('are answered with what the responder gives, each its own, also many at once', async () => {
    const [asker, other, responder] = [here.module(), here.module(), here.module()];
    responder.respond('math.*', async (data, { topic }) => {
      await new Promise((resolve) => setTimeout(resolve, Number(data) % 3));
      return topic === 'math.double' ? 2 * Number(data) : null;
    });
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const answers = numbers.map((n) => (n % 2 === 0 ? asker : other).request('math.double', n));
    expect(await Promise.all(answers)).to.deep.equal(numbers.map((n) => 2 * n));
    expect(await asker.request('math.nothing', undefined)).to.equal(null);
  });

  it('ask anew for the answers when they were refused once', async () => {
    const subscribe = (begun: Promise<void>) => {
      // As the stream of a module: not everybody waits for it.
      void Promise.allSettled([begun]);
      return { begun, cancel: () => undefined } as unknown as EventSubscription;
    };
    let asked = 0;
    const asker = new Requests({
      publish: () => Promise.reject(new RpcError('refused', 'published')),
      subscribe: () => {
        asked += 1;
        const refusal = new RpcError('refused', 'too many subscriptions');
        return subscribe(asked === 1 ? Promise.reject(refusal) : Promise.resolve());
      },
      log: console,
    });
    const messages = [];
    for (let n = 0; n < 3; n += 1) messages.push((await failure(asker.request('a', 1))).message);
    expect(messages).to.deep.equal(['too many subscriptions', 'published', 'published']);
    expect(asked).to.equal(2);
  });

  it('fail with the RpcError of the responder, and with no word of any other error', async () => {
    here.module().respond('a', (data) => {
      if (data === 'refuse') throw new RpcError(-31000, 'no', { why: 'so' });
      throw new Error('secret');
    });
    const asker = here.module();
    const refusal = await failure(asker.request('a', 'refuse'));
    const { code, message, data } = refusal;
    expect({ code, message, data }).to.deep.equal({
      code: -31000,
      message: 'no',
      data: { why: 'so' },
    });
    expect(await failure(asker.request('a', 'fail'))).to.include({ message: 'internal error' });
    expect(here.said).to.deep.equal(['the responder of a failed']);
  });

  it('take the first of several answers, and none that comes too late', async () => {
    const [asker, slow, fast] = [here.module(), here.module(), here.module()];
    let release: () => void = () => undefined;
    slow.respond('a', () => new Promise((resolve) => (release = () => resolve('slow'))));
    const unanswered = failure(asker.request('a', 1));
    const waiting = Symbol('waiting');
    await here.clock.advance(4999);
    expect(await Promise.race([unanswered, Promise.resolve(waiting)])).to.equal(waiting);
    await here.clock.advance(1);
    expect(await unanswered).to.include({ code: -32006 });
    const heard: unknown[] = [];
    here.bus.subscribe({ name: 't', topics: ['reply.**'], take: ({ data }) => heard.push(data) });
    release();
    await until('it is answered too late', () => heard.length === 1);
    fast.respond('a', () => 'fast');
    expect(await asker.request('a', 1)).to.equal('fast');
    release();
    await until('the other answers as well', () => heard.length === 3);
    expect(await asker.request('a', 2)).to.equal('fast');
  });

  it('end with the reason of their signal', async () => {
    const over = new AbortController();
    const asked = here.module().request('a', 1, { signal: over.signal });
    const reason = new Error('enough');
    over.abort(reason);
    expect(await asked.catch((error: unknown) => error)).to.equal(reason);
  });

  it('are refused when too many wait, and leave plain events to be events', async () => {
    const [asker, responder] = [here.module(), here.module()];
    const answered: unknown[] = [];
    responder.respond('a', (data) => void answered.push(data));
    for (const data of [1, null, { reply_to: 7 }, { reply_to: 'module.crashed', data: 1 }])
      here.bus.publish('a', data);
    const over = new AbortController();
    const asked = Array.from({ length: 1000 }, () =>
      asker.request('b', 1, { signal: over.signal }).catch(() => 'ended'),
    );
    const refusal = await failure(asker.request('b', 1));
    expect(refusal.data).to.deep.equal({ reason: 'busy' });
    over.abort();
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(['ended']));
    expect(await asker.request('a', 'asked')).to.equal(null);
    expect(answered).to.deep.equal(['asked']);
  });
});
