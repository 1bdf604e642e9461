import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { dirname } from 'node:path';
import { type CliResult, programs, runNode } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** The user "nobody" of most systems; needs no entry in the password file. */
const uid = 65_534;

describe('an ordinary user', () => {
  const homes = temporaryHomes();

  it('starts, asks and stops SuperBot in a home of their own', async function () {
    // Everybody but root has run all the other suites as an ordinary user already.
    if (process.getuid?.() !== 0) this.skip();
    const probe = spawnSync(process.execPath, [programs.cli, '--version'], { uid, gid: uid });
    // Such as below root's own folder, which others cannot enter.
    if (probe.status !== 0) this.skip();

    const home = homes.create();
    // A folder for coverage data is the tester's.
    const env = { ...home.env, HOME: dirname(home.path), NODE_V8_COVERAGE: undefined };
    chownSync(dirname(home.path), uid, uid);
    const cli = (...args: string[]): Promise<CliResult> =>
      runNode(programs.cli, args, { env, uid, cwd: dirname(home.path) });

    const started = await cli('daemon', 'start');
    expect(started.status, started.stderr).to.equal(0);
    await until('trading answers', async () => (await cli('trading', 'balance')).status === 0);
    const { stdout } = await cli('status', 'trading', '--json');
    expect(JSON.parse(stdout)).to.include({ state: 'running', wanted: 'up' });
    expect((await cli('daemon', 'stop')).status).to.equal(0);
    expect((await cli('daemon', 'status')).status).to.equal(3);
    expect(home.processes()).to.deep.equal([]);
  });
});
