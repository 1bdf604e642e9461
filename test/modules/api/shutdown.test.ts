import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Shutdown, type ShutdownInfo } from '../../../modules/api/shutdown.ts';
import { failure } from '../../rpc/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('the shutdown of a module (row 73)', () => {
  it('goes phase by phase, in each the last added first, and once, however many ask', async () => {
    const ran: string[] = [];
    const shutdown = new Shutdown();
    const add = (phase: 'pre' | 'cleanup' | 'post', name: string) =>
      shutdown.add(phase, async (info) => {
        await Promise.resolve();
        ran.push(`${info.phase} ${name} ${info.deadlineMs}`);
      });
    add('post', 'first');
    add('cleanup', 'first');
    add('pre', 'first');
    add('post', 'last');
    add('cleanup', 'last');
    await Promise.all([shutdown.run(5000), shutdown.run(1)]);
    const cleanup = ['cleanup last 5000', 'cleanup first 5000'];
    const post = ['post last 5000', 'post first 5000'];
    expect(ran).to.deep.equal(['pre first 5000', ...cleanup, ...post]);
  });

  it('runs the others when one fails, also those of later phases, and tells', async () => {
    const ran: string[] = [];
    const shutdown = new Shutdown();
    shutdown.add('post', () => void ran.push('closed'));
    shutdown.add('cleanup', () => void ran.push('saved'));
    shutdown.add('cleanup', () => Promise.reject(new Error('disk full')));
    shutdown.add('pre', () => {
      throw new Error('exchange away');
    });
    const error = (await failure(shutdown.run(5000))) as AggregateError;
    expect(ran).to.deep.equal(['saved', 'closed']);
    expect(error.message).to.include('pre: exchange away; cleanup: disk full');
  });

  it('takes no time from a phase for what hangs in an earlier one', async () => {
    const given: ShutdownInfo[] = [];
    const clock = new FakeClock();
    const shutdown = new Shutdown(clock);
    let finish: () => void = () => undefined;
    shutdown.add('pre', (info) => {
      given.push(info);
      return never();
    });
    shutdown.add('cleanup', (info) => {
      given.push(info);
      return new Promise((resolve) => (finish = resolve));
    });
    const failed = failure(shutdown.run(600));
    await clock.advance(299);
    expect(given.map(({ phase }) => phase)).to.deep.equal(['pre']);
    await clock.advance(1);
    await clock.advance(239);
    expect(given.map(({ signal }) => signal.aborted)).to.deep.equal([true, false]);
    finish();
    expect((await failed).message).to.match(/: pre: it was not done in time$/);
  });

  it('is over at the deadline, its signals aborted, though something hangs in every phase', async () => {
    const given: AbortSignal[] = [];
    const clock = new FakeClock();
    const shutdown = new Shutdown(clock);
    for (const phase of ['pre', 'cleanup', 'post'] as const) {
      for (let i = 0; i < 2; i++) {
        shutdown.add(phase, ({ signal }) => {
          given.push(signal);
          return never();
        });
      }
    }
    const failed = failure(shutdown.run(20_000));
    await clock.advance(19_999);
    expect(given.at(-1)?.aborted).to.equal(false);
    await clock.advance(1);
    expect(((await failed) as AggregateError).errors).to.have.length(6);
    expect(given.map(({ aborted }) => aborted)).to.deep.equal(Array(6).fill(true));
  });
});
