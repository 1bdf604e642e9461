import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('a daemon that hangs', () => {
  const homes = temporaryHomes();

  it('is told from one that is not there, with a way out that costs no module its life', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    const hung = await home.start();
    const { pid } = await home.reaches('sleeper', 'running');
    process.kill(hung, 'SIGSTOP');
    const answers = await Promise.all([home.cli('status'), home.cli('daemon', 'stop')]);
    for (const { status, stderr } of answers) {
      expect(status).to.equal(1);
      expect(stderr).to.match(
        /^error: cannot reach the daemon .*\(timeout\): it hangs, or somebody stopped/,
      );
    }
    const [wayOut = ''] = /kill -9 [^;]+/.exec(answers[0].stderr) ?? [];
    execFileSync('sh', ['-c', wayOut]);
    await until('the next daemon answers', async () => {
      const { status, stdout } = await home.cli('daemon', 'status', '--json');
      return status === 0 && (JSON.parse(stdout) as { pid: number }).pid !== hung;
    });
    expect(await home.reaches('sleeper', 'running')).to.include({ pid, restart_count: 0 });
  });
});
