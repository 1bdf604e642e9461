import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { failure } from '../rpc/failure.ts';
import { compiledTree } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const modules = {
  sleeper,
  missing: { type: 'exec', command: ['/nonexistent/program'] },
  /** Would not come back for a day if its delay were counted on the wall clock. */
  crasher: { ...sleeper, restart: { base_delay: '1s', max_delay: '1s', max_restarts: 50 } },
};

describe('a wall clock that is set', () => {
  const homes = temporaryHomes();

  it('a day forward and two days back moves no pid, no uptime, no restart delay', async () => {
    const home = homes.create({ modules, autostart: ['sleeper', 'crasher'] });
    const preload = join(compiledTree, 'test/fixtures/shifted-clock.js');
    home.env['NODE_OPTIONS'] = `--import=${preload}`;
    home.env['CLOCK_SHIFTS'] = '24,-48';
    const daemon = await home.foreground().ready();
    const before = await home.reaches('sleeper', 'running');
    const rpc = await home.rpc();
    for (const [shift, hours] of [24, -24].entries()) {
      const crashing = await home.reaches('crasher', 'running');
      process.kill(crashing.pid ?? 0, 'SIGKILL');
      await until('it has crashed', async () => {
        return (await home.module('crasher')).pid !== crashing.pid;
      });
      daemon.child.kill('SIGUSR2');
      await until('the clock is set', async () => {
        // Refused, which is in the log with the time that the daemon believes it is.
        await failure(rpc.call('module.start', { module: 'missing' }));
        const offMs = Date.parse(home.storedLines('daemon').at(-1)?.time ?? '') - Date.now();
        return Math.abs(offMs - hours * 3_600_000) < 3_600_000;
      });
      const after = await home.reaches('crasher', 'running');
      expect(after.restart_count).to.equal(shift + 1);
      expect(after.uptime).to.be.within(0, 3600);
    }
    expect((await home.module('sleeper')).pid).to.equal(before.pid);
    expect((await rpc.call('daemon.status')).uptime).to.be.within(0, 3600);
    expect(await daemon.stop()).to.deep.equal({ status: 0, signal: null });
  });
});
