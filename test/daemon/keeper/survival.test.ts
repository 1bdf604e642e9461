import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'mocha';
import { describeSurvivors } from '../../../daemon/keeper/protocol.ts';
import { whyItSurvives } from '../../../daemon/keeper/survival.ts';

describe('what survives SIGKILL', () => {
  it('is told with what keeps it alive, and without a guess where that is not known', () => {
    const [one, other] = [
      { pid: 12, command: 'sleep 9' },
      { pid: 13, command: 'sh' },
    ];
    expect(describeSurvivors([one, other])).to.equal(
      'survived SIGKILL: pid 12 (sleep 9); pid 13 (sh)',
    );
    const why = 'which belongs to uid 0: we may not signal it';
    expect(describeSurvivors([{ ...one, why }, other])).to.equal(
      `cannot be ended: pid 12 (sleep 9), ${why}; pid 13 (sh)`,
    );
  });

  it('is not said of a process of ours, nor of one that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
    expect(whyItSurvives({ pid: child.pid! })).to.equal(null);
    child.stdin.end();
    await once(child, 'exit');
    expect(whyItSurvives({ pid: child.pid! })).to.equal(null);
  });

  it('may belong to another user', function () {
    if (process.getuid?.() === 0) {
      if (this.test) this.test.title += ' (skipped: root may signal everybody)';
      this.skip();
    }
    expect(whyItSurvives({ pid: 1 })).to.match(
      /^which belongs to (uid \d+|another user): we may not/,
    );
  });
});
