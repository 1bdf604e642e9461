import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Deliver, Outlet } from '../../../daemon/alerts/outlet.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('a way out for alerts', () => {
  function open(deliver: Deliver<number>) {
    const system = new FakeClock();
    const said: string[] = [];
    const say = (text: string): void => void said.push(text);
    const log = { warn: say, info: say };
    const outlet = new Outlet({ name: 'alert webhook', deliver, system, log: log as never });
    return { outlet, system, said };
  }

  it('delivers one after the other, in order, and none in the turn in which it is raised', async () => {
    const delivered: number[] = [];
    let busy = 0;
    const { outlet } = open(async (item) => {
      expect(++busy).to.equal(1);
      await new Promise(setImmediate);
      delivered.push(item);
      busy--;
      return null;
    });
    for (const item of [1, 2, 3]) outlet.take(item);
    expect(busy).to.equal(0);
    await outlet.stop();
    expect(delivered).to.deep.equal([1, 2, 3]);
  });

  it('keeps the newest hundred while a delivery hangs, and tells how many it dropped', async () => {
    const delivered: [number, number][] = [];
    let release = (): void => undefined;
    const hangs = new Promise<void>((resolve) => (release = resolve));
    const { outlet } = open(async (item, dropped) => {
      delivered.push([item, dropped]);
      await hangs;
      return null;
    });
    outlet.take(0);
    await Promise.resolve();
    await Promise.resolve();
    expect(delivered).to.deep.equal([[0, 0]]);
    for (let item = 1; item <= 150; item++) outlet.take(item);
    release();
    await outlet.stop();
    expect(delivered).to.have.length(101);
    expect(delivered[1]).to.deep.equal([51, 50]);
    expect(delivered[2]).to.deep.equal([52, 0]);
    expect(delivered.at(-1)).to.deep.equal([150, 0]);
  });

  it('says once that it fails, again after five minutes with the count, and when it works', async () => {
    let why: string | null = 'ECONNREFUSED';
    const drops: number[] = [];
    let done = (): void => undefined;
    const { outlet, system, said } = open((_item, dropped) => {
      drops.push(dropped);
      setImmediate(done);
      return Promise.resolve(why);
    });
    const told = async (item: number): Promise<void> => {
      const delivered = new Promise<void>((resolve) => (done = resolve));
      outlet.take(item);
      await delivered;
    };
    for (const item of [1, 2, 3]) await told(item);
    expect(said).to.deep.equal(['cannot tell the alert webhook of an alert: ECONNREFUSED']);
    await system.advance(300_000);
    await told(4);
    expect(said.at(-1)).to.equal(
      'cannot tell the alert webhook of an alert: ECONNREFUSED (2 more since this was last said)',
    );
    why = null;
    await told(5);
    await told(6);
    expect(said).to.have.length(3);
    expect(said.at(-1)).to.equal('the alert webhook takes alerts again');
    // What did not get through is told by the first one that does.
    expect(drops).to.deep.equal([0, 1, 2, 3, 4, 0]);
    await outlet.stop();
  });

  it('gives up a second after the daemon ends what hangs and what waits, tells how many, and takes no more', async () => {
    const begun: number[] = [];
    const { outlet, system, said } = open((item, _dropped, signal) => {
      begun.push(item);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve('cancelled'));
      });
    });
    outlet.take(1);
    outlet.take(2);
    const stopped = outlet.stop();
    await system.advance(1000);
    await stopped;
    outlet.take(3);
    expect(begun).to.deep.equal([1]);
    expect(said).to.deep.equal(['the daemon ends: 2 alerts were not told by the alert webhook']);
  });
});
