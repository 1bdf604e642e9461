import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { type Share, Turns } from '../../rpc/turns.ts';
import { startServer, type TestServer } from './wire.ts';

/** Connections that have so many messages each, each of which takes so many milliseconds. */
class House {
  readonly taken = new Map<string, number>();
  #nowMs = 0;
  #due: (() => void)[] = [];
  readonly #turns = new Turns({
    nowMs: () => this.#nowMs,
    nextTurn: (callback) => this.#due.push(callback),
    afterPromises: (callback) => callback(),
  });

  send(name: string, messages: number, eachMs: number, units = 1): Share {
    let left = messages;
    this.taken.set(name, 0);
    const pump = (): void => {
      while (left > 0 && share.mayTake()) {
        left -= 1;
        share.spend(units);
        this.#nowMs += eachMs;
        this.taken.set(name, (this.taken.get(name) ?? 0) + 1);
      }
    };
    const share = this.#turns.newShare(
      {
        get unreadBytes() {
          return left * 100;
        },
      },
      pump,
    );
    pump();
    return share;
  }

  /** Gives how long it took; 0 when nothing was due. */
  turn(): number {
    const startedMs = this.#nowMs;
    for (const callback of this.#due.splice(0)) callback();
    return this.#nowMs - startedMs;
  }

  /** So many turns until nothing is due. */
  toTheEnd(): number {
    let turns = 0;
    for (; this.#due.length > 0; turns += 1) this.turn();
    return turns;
  }
}

describe('a turn of the event loop', () => {
  it('brings a connection few messages at once, and all of them in the end', () => {
    const house = new House();
    house.send('a', 10_000, 0.01);
    expect(house.taken.get('a')).to.equal(64);
    expect(house.toTheEnd()).to.be.greaterThan(10);
    expect(house.taken.get('a')).to.equal(10_000);
  });

  it('lasts no longer for a hundred connections than for one, but for what was begun', () => {
    const house = new House();
    for (let n = 0; n < 100; n += 1) house.send(`c${n}`, 1000, 0.5);
    const total = () => [...house.taken.values()].reduce((sum, taken) => sum + taken);
    // All in one poll: after 8 ms nobody takes more.
    expect(total()).to.equal(16);
    for (let turn = 0; turn < 20; turn += 1) expect(house.turn()).to.be.within(8, 8.5);
    house.toTheEnd();
    expect(total()).to.equal(100_000);
  });

  it('sends what many messages make together at its end, and what few make at once', async () => {
    let nowMs = 0;
    let due: (() => void)[] = [];
    const turns = new Turns({
      nowMs: () => nowMs,
      nextTurn: (callback) => due.push(callback),
      afterPromises: (callback) => queueMicrotask(() => process.nextTick(callback)),
    });
    const story: string[] = [];
    const serve = (name: string, messages: number): void => {
      let left = messages;
      const share = turns.newShare({ unreadBytes: messages * 100 }, () => {
        while (left > 0 && share.mayTake()) {
          left -= 1;
          share.spend(1);
          turns.afterTurn(() => story.push(`sent for ${name}`));
        }
        story.push(`served ${name}`);
      });
      turns.enter();
      // The time of the present turn is over: it has to wait for the next.
      nowMs += 10;
      share.mayTake();
    };
    serve('much', 70);
    serve('little', 1);
    while (due.length > 0) {
      const callbacks = due;
      due = [];
      for (const callback of callbacks) callback();
      await new Promise(setImmediate);
    }
    expect(story.filter((line) => line === 'sent for much').length).to.equal(70);
    // It took two grants, and nothing was sent between them.
    expect(story.indexOf('sent for much')).to.be.greaterThan(story.lastIndexOf('served much'));
    expect(story.indexOf('sent for little')).to.equal(story.indexOf('served little') + 1);
  });

  it('goes to who brings little before those who have brought much already', () => {
    const house = new House();
    for (let n = 0; n < 20; n += 1) house.send(`much${n}`, 100_000, 0.25);
    house.turn();
    house.send('little', 1, 0.25);
    expect(house.taken.get('little')).to.equal(0);
    house.turn();
    house.turn();
    expect(house.taken.get('little')).to.equal(1);
  });

  it('also goes to who has waited longest, however many come anew', () => {
    const house = new House();
    house.send('much', 1000, 0.1);
    for (let turn = 0; turn < 12; turn += 1) {
      for (let n = 0; n < 20; n += 1) house.send(`t${turn}-${n}`, 16, 0.5);
      house.turn();
    }
    expect(house.taken.get('much')).to.be.greaterThan(64);
  });

  it('counts long messages for more', () => {
    const house = new House();
    house.send('long', 100, 0.01, 65);
    expect(house.taken.get('long')).to.equal(1);
  });

  it('has nothing for a connection that is gone', () => {
    const house = new House();
    house.send('gone', 100, 0).end();
    house.toTheEnd();
    expect(house.taken.get('gone')).to.equal(64);
  });
});

describe('one who pipelines many calls', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  const count = 300;
  for (const [what, isPromised] of [
    ['answered at once', false],
    ['promised', true],
  ] as const)
    it(`lets all else have its turn between them, where they are ${what}`, async () => {
      const inTurns: number[] = [];
      let inThisTurn = 0;
      const answer = () => {
        inThisTurn += 1;
        if (inThisTurn === 1) setImmediate(() => (inThisTurn = inTurns.push(inThisTurn) * 0));
        const startedMs = performance.now();
        while (performance.now() - startedMs < 1);
        return { modules: [] };
      };
      server = await startServer({
        handlers: { 'module.list': isPromised ? () => Promise.resolve().then(answer) : answer },
      });
      const client = await server.connect();
      const call = { jsonrpc: '2.0', method: 'module.list', id: 1 };
      client.write(`${JSON.stringify(call)}\n`.repeat(count));
      for (let n = 0; n < count; n += 1) await client.receive();
      // What is taken at once, and what the turn after it has time for.
      expect(Math.max(...inTurns)).to.be.at.most(150);
      expect(inTurns.length).to.be.at.least(2);
    });
});
