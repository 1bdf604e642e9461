import { expect } from 'chai';
import { describe, it } from 'mocha';
import { answerHealth } from '../../../modules/api/health.ts';
import { createLogger } from '../../../modules/api/log.ts';
import { linkHealth } from '../../../rpc/shapes-health.ts';

function logged() {
  const lines: string[] = [];
  return { lines, log: createLogger((line) => lines.push(line)) };
}

describe("a module's answer about its health", () => {
  it('is that it is healthy unless its author says more', async () => {
    expect(await answerHealth(null, logged().log)).to.deep.equal({ healthy: true });
  });

  it('is what the author says, in the words of the wire', async () => {
    const answer = await answerHealth(
      () => ({
        healthy: false,
        reason: 'no prices',
        restartHelps: false,
        lastActivity: new Date(0),
        queueDepth: 3,
        errorCount: null,
        details: { feed: ['a'] },
      }),
      logged().log,
    );
    expect(answer).to.deep.equal({
      healthy: false,
      reason: 'no prices',
      restart_helps: false,
      last_activity: '1970-01-01T00:00:00.000Z',
      queue_depth: 3,
      error_count: null,
      details: { feed: ['a'] },
    });
    expect(linkHealth.parse(answer)).to.deep.equal(answer);
  });

  it('leaves out what the author leaves out, and takes a promise', async () => {
    const answer = await answerHealth(() => Promise.resolve({ healthy: true }), logged().log);
    expect(answer).to.deep.equal({ healthy: true });
  });

  it('is that it is not healthy when the author’s code fails, which is logged', async () => {
    const { lines, log } = logged();
    const fail = (): never => {
      throw new Error('no such queue');
    };
    const answer = await answerHealth(fail, log);
    expect(answer).to.deep.equal({ healthy: false, reason: 'onHealth failed: no such queue' });
    expect(lines.join('')).to.include('onHealth failed').and.include('no such queue');
  });

  it('is never longer than the daemon takes it', async () => {
    const answer = await answerHealth(
      () => ({ healthy: false, reason: 'x'.repeat(5000) }),
      logged().log,
    );
    expect(linkHealth.safeParse(answer).success).to.equal(true);
  });

  it('leaves out details that would cost the module its link, and says so in its log', async () => {
    const { log, lines } = logged();
    const details = { orders: 'x'.repeat(2_000_000) };
    const answer = await answerHealth(() => ({ healthy: true, queueDepth: 3, details }), log);
    expect(answer).to.deep.equal({ healthy: true, queue_depth: 3, details: null });
    expect(lines.join('')).to.include('too long');
  });
});
