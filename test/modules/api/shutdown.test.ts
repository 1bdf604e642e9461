import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Shutdown } from '../../../modules/api/shutdown.ts';
import { failure } from '../../rpc/failure.ts';

describe('the shutdown of a module', () => {
  it('runs its callbacks once, the last added first', async () => {
    const ran: string[] = [];
    const shutdown = new Shutdown();
    shutdown.add(() => void ran.push('first'));
    shutdown.add(async ({ deadlineMs }) => {
      await Promise.resolve();
      ran.push(`last ${deadlineMs}`);
    });
    await Promise.all([shutdown.run(5000), shutdown.run(1)]);
    expect(ran).to.deep.equal(['last 5000', 'first']);
  });

  it('runs the others when one fails, and tells', async () => {
    const ran: string[] = [];
    const shutdown = new Shutdown();
    shutdown.add(() => void ran.push('saved'));
    shutdown.add(() => {
      throw new Error('disk full');
    });
    const error = await failure(shutdown.run(5000));
    expect(ran).to.deep.equal(['saved']);
    expect((error as AggregateError).errors[0]).to.have.property('message', 'disk full');
  });

  it('stops waiting at the deadline and aborts the signal', async () => {
    let given: AbortSignal | undefined;
    const shutdown = new Shutdown();
    shutdown.add(({ signal }) => {
      given = signal;
      return new Promise(() => undefined);
    });
    expect((await failure(shutdown.run(10))).message).to.match(/did not finish within 10 ms/);
    expect(given!.aborted).to.equal(true);
  });
});
