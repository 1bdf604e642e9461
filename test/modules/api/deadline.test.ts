import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DeadlineError, withDeadline } from '../../../modules/api/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('a deadline', () => {
  it('gives what is there in time, and what went wrong in time', async () => {
    const waiting = { clock: new FakeClock(), what: 'the store' };
    expect(await withDeadline(Promise.resolve(7), 1000, waiting)).to.equal(7);
    const error = new Error('broken');
    const failed = await withDeadline(Promise.reject(error), 1000, waiting).catch(whatever);
    expect(failed).to.equal(error);
  });

  it('rejects when nothing is there in time, and names what was waited for', async () => {
    const clock = new FakeClock();
    const waited = withDeadline(new Promise(() => undefined), 1000, { clock, what: 'the store' });
    const failed = waited.catch(whatever);
    await clock.advance(1000);
    const error = await failed;
    expect(error).to.be.instanceOf(DeadlineError);
    expect((error as Error).message).to.equal('the store did not answer within 1000 ms');
  });

  it('ignores what comes later, an error too', async () => {
    const clock = new FakeClock();
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<never>((_, reject) => (fail = reject));
    const failed = withDeadline(work, 1000, { clock, what: 'it' }).catch(whatever);
    await clock.advance(1000);
    expect(await failed).to.be.instanceOf(DeadlineError);
    // Unhandled, it would end this process.
    fail(new Error('too late'));
    await clock.advance(1000);
  });

  it('leaves no timer behind', async () => {
    let running = 0;
    const clock = {
      after: () => {
        running += 1;
        return { cancel: () => (running -= 1) };
      },
    };
    await withDeadline(Promise.resolve(), 1000, { clock, what: 'it' });
    await Promise.resolve();
    expect(running).to.equal(0);
  });
});

function whatever(error: unknown): unknown {
  return error;
}
