import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setTimeout as delay } from 'node:timers/promises';
import { Shutdown, type ShutdownInfo } from '../../../modules/api/shutdown.ts';
import { failure } from '../../rpc/failure.ts';

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
    const seen: boolean[] = [];
    const shutdown = new Shutdown();
    shutdown.add('pre', (info) => {
      given.push(info);
      return never();
    });
    shutdown.add('cleanup', async (info) => {
      given.push(info);
      await delay(1);
      seen.push(...given.map(({ signal }) => signal.aborted));
    });
    const error = await failure(shutdown.run(600));
    expect(error.message).to.match(/: pre: it was not done in time$/);
    expect(seen, 'of pre, of cleanup').to.deep.equal([true, false]);
  });

  it('is over at the deadline, its signals aborted, though something hangs in every phase', async () => {
    const given: AbortSignal[] = [];
    const shutdown = new Shutdown();
    for (const phase of ['pre', 'cleanup', 'post'] as const) {
      for (let i = 0; i < 2; i++) {
        shutdown.add(phase, ({ signal }) => {
          given.push(signal);
          return never();
        });
      }
    }
    const error = (await failure(shutdown.run(20))) as AggregateError;
    expect(error.errors).to.have.length(6);
    expect(given.map(({ aborted }) => aborted)).to.deep.equal(Array(6).fill(true));
  });
});
