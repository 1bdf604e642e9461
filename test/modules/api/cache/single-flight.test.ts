import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { type Flight, SingleFlight } from '../../../../modules/api/cache/single-flight.ts';
import { failure } from '../../../rpc/failure.ts';

describe('work that is done once for all who want it', () => {
  let flights: SingleFlight;
  let begun: { key: string; flight: Flight; end: (value: unknown) => void; fail: () => void }[];

  beforeEach(() => {
    flights = new SingleFlight();
    begun = [];
  });

  function run(key: string, signal?: AbortSignal): Promise<unknown> {
    const work = (flight: Flight) =>
      new Promise<unknown>((resolve, reject) => {
        flight.signal.addEventListener('abort', () => reject(flight.signal.reason as Error));
        const fail = () => reject(new Error('broken'));
        begun.push({ key, flight, end: resolve, fail });
      });
    return flights.run(key, work, signal);
  }

  it('is shared by all who come before it is done, and begun anew by who comes later', async () => {
    const three = [run('a'), run('a'), run('a')];
    const other = run('b');
    expect(begun.map(({ key }) => key)).to.deep.equal(['a', 'b']);
    begun[0]!.end(1);
    begun[1]!.end(2);
    expect(await Promise.all([...three, other])).to.deep.equal([1, 1, 1, 2]);
    const later = run('a');
    begun[2]!.end(3);
    expect(await later).to.equal(3);
  });

  it('fails for all of them, and not for the next', async () => {
    const two = [run('a'), run('a')];
    begun[0]!.fail();
    for (const one of two) expect(await failure(one)).to.have.property('message', 'broken');
    const next = run('a');
    begun[1]!.end('well');
    expect(await next).to.equal('well');
  });

  it('goes on for the others when one gives up', async () => {
    const abort = new AbortController();
    const impatient = run('a', abort.signal);
    const patient = run('a');
    abort.abort(new Error('enough'));
    expect(await failure(impatient)).to.have.property('message', 'enough');
    expect(begun[0]!.flight.signal.aborted).to.equal(false);
    begun[0]!.end(1);
    expect(await patient).to.equal(1);
  });

  it('is aborted when nobody waits any more, and not joined then', async () => {
    const aborts = [new AbortController(), new AbortController()];
    const both = aborts.map(({ signal }) => run('a', signal));
    for (const abort of aborts) abort.abort(new Error('enough'));
    for (const one of both) expect(await failure(one)).to.have.property('message', 'enough');
    expect(begun[0]!.flight.signal.aborted).to.equal(true);
    const next = run('a');
    begun[1]!.end(2);
    expect(await next).to.equal(2);
  });

  it('is not begun for who has given up already', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await failure(run('a', signal))).to.have.property('message', 'enough');
    expect(begun).to.deep.equal([]);
  });

  it('is not joined any more once it is forgotten, and done for who waits', async () => {
    const old = run('a');
    flights.forget('a');
    const fresh = run('a');
    expect(begun.map(({ flight }) => flight.isForgotten)).to.deep.equal([true, false]);
    begun[0]!.end('old');
    expect(await old).to.equal('old');
    const joining = run('a');
    expect(begun).to.have.length(2);
    begun[1]!.end('fresh');
    expect(await Promise.all([fresh, joining])).to.deep.equal(['fresh', 'fresh']);
  });

  it('leaves nothing behind', async () => {
    for (let at = 0; at < 100; at += 1) {
      const abort = new AbortController();
      const one = run(`k${at}`, abort.signal);
      if (at % 2 === 0) begun.at(-1)!.end(1);
      else abort.abort(new Error('enough'));
      await one.catch(() => 'given up');
    }
    expect(flights.size).to.equal(0);
  });
});
