import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Customer, eventually, Subscriber, Venue } from './venue.ts';

const seed = 20261122;
const runs = 40;

type Fault =
  | { readonly do: 'publish'; readonly count: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'roll' | 'notice' | 'refuse' | 'allow' | 'settle' }
  | {
      readonly do: 'break' | 'close' | 'freeze' | 'mute' | 'lag' | 'catch-up';
      readonly which: number;
    };

const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.integer({ min: 1, max: 20_000 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('roll' as const, 'notice' as const, 'settle' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('refuse' as const, 'allow' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('break', 'close', 'freeze', 'mute', 'lag', 'lag', 'catch-up' as const),
      which: fc.nat(1),
    }),
  },
);

describe('socket under faults', () => {
  it(`gives every message once or a gap in its place, whatever happens (row 96, seed ${seed})`, async function () {
    this.timeout(60_000);
    await fc.assert(fc.asyncProperty(fc.array(fault, { minLength: 5, maxLength: 30 }), live), {
      seed,
      numRuns: runs,
    });
  });
});

async function live(faults: readonly Fault[]): Promise<void> {
  const venue = await Venue.open();
  let isRefusing = false;
  const subscriber = new Subscriber(venue, {
    url: () => (isRefusing ? 'ws://127.0.0.1:1/' : venue.url),
    dataTimeoutMs: 60_000,
    pingIntervalMs: 20_000,
    ageMsMax: 40_000,
  });
  const { socket, clock, story, generations } = subscriber;
  try {
    await clock.advance(0);
    await eventually('an open socket', () => subscriber.state === 'open');
    for (const one of faults) {
      await happen(one);
      expect(socket.metrics.sockets).to.be.at.most(2);
    }
    isRefusing = false;
    const endMs = performance.now() + 10_000;
    while (story.at(-1) !== venue.published || subscriber.state !== 'open') {
      if (performance.now() > endMs) throw new Error(`stuck: ${JSON.stringify(socket.metrics)}`);
      await clock.advance(500);
      venue.publish();
      await turns();
      expect(socket.metrics.sockets).to.be.at.most(2);
    }
    isOnceOrGap(story);
    expect(generations).to.deep.equal([...generations].sort((a, b) => a - b));
  } finally {
    await subscriber.end();
    await venue.close();
  }

  async function happen(one: Fault): Promise<void> {
    switch (one.do) {
      case 'publish':
        for (let n = 0; n < one.count; n += 1) venue.publish();
        return;
      case 'pass':
        return clock.advance(one.ms);
      case 'settle':
        return turns();
      case 'roll': {
        socket.roll();
        return;
      }
      case 'notice':
        return venue.open.at(-1)?.say({ notice: 'serverShutdown' });
      case 'refuse':
      case 'allow':
        isRefusing = one.do === 'refuse';
        return;
      case 'break':
      case 'close':
      case 'freeze':
      case 'mute':
      case 'lag':
      case 'catch-up': {
        const customer = venue.open.at(-1 - one.which);
        if (customer !== undefined) befall(customer, one.do);
      }
    }
  }
}

function befall(customer: Customer, what: Extract<Fault, { which: number }>['do']): void {
  switch (what) {
    case 'break': {
      customer.break();
      return;
    }
    case 'close': {
      customer.socket.close(1001);
      return;
    }
    case 'freeze': {
      customer.freeze();
      return;
    }
    case 'mute':
      customer.isMute = true;
      return;
    case 'lag':
      customer.isLagging = true;
      return;
    case 'catch-up': {
      customer.catchUp();
      return;
    }
  }
}

/** Time for what is on its way, not a bound that anything hangs on. */
async function turns(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

function isOnceOrGap(story: readonly (number | string)[]): void {
  let last: number | null = null;
  let isGap = false;
  for (const one of story) {
    if (typeof one === 'string') isGap = true;
    else {
      const where = `${last} → ${one} in ${story.join(' ')}`;
      if (last !== null) expect(one, where).to.be.greaterThan(last);
      if (last !== null && one !== last + 1) expect(isGap, where).to.equal(true);
      last = one;
      isGap = false;
    }
  }
}
