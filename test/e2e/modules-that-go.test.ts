import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { filesOf } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
/** Still there when the next daemon begins. */
const slow = {
  ...sleeper,
  command: ['sh', '-c', 'trap "sleep 0.7; exit" TERM; while :; do sleep 1000 & wait $!; done'],
};
const brief = { type: 'exec', command: ['true'], restart: { policy: 'never' } };

describe('modules that are taken out of the configuration', () => {
  const homes = temporaryHomes();

  it('leave daemon and keeper with as many open files as before, however many come and go', async () => {
    const kept = { modules: { kept: sleeper }, autostart: ['kept'] };
    const home = homes.create(kept);
    const daemon = await home.start();
    await home.reaches('kept', 'running');
    const rpc = await home.rpc();
    const before = await until('the journal of its start is closed', () => {
      const files = openFiles(home, daemon);
      return !files.some((file) => dirname(file) === home.paths.journalDir) && files;
    });
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 10 }, (_, i) => `m${round}-${i}`);
      const modules = { ...kept.modules, ...Object.fromEntries(names.map((n) => [n, sleeper])) };
      home.configure({ modules, autostart: ['kept', ...names] });
      await rpc.call('daemon.reload_config', {});
      for (const name of names) await home.reaches(name, 'running');
      expect(openFiles(home, daemon)).not.to.deep.equal(before);
      home.configure(kept);
      await rpc.call('daemon.reload_config', {});
      await until('all is as before', () => {
        return JSON.stringify(openFiles(home, daemon)) === JSON.stringify(before);
      });
    }
  });

  it('leave nothing in run/ either when no daemon was there', async () => {
    const home = homes.create({
      modules: { kept: sleeper, slow, brief },
      autostart: ['kept', 'slow', 'brief'],
    });
    await home.start();
    const { pid } = await home.reaches('kept', 'running');
    await home.reaches('slow', 'running');
    await home.reaches('brief', 'stopped');
    home.configure({ modules: { kept: sleeper }, autostart: ['kept'] });
    expect((await home.cli('daemon', 'restart', '--keep-modules')).status).to.equal(0);
    await until('only one is left in run/', () => {
      const names = readdirSync(home.paths.runDir).filter((file) => !/^k\d/.test(file));
      return names.every((file) => file.startsWith('kept.') || file.startsWith('keeper-'));
    });
    expect(await home.module('kept')).to.include({ pid, state: 'running' });
  });
});

/** Of daemon and keeper, pipes, logs and journals; and what is in the run folder. */
function openFiles(home: TestHome, daemon: number): string[] {
  const keeper = readKeeperIdentity(home.path)?.pid ?? 0;
  const open = [daemon, keeper].flatMap((pid) => filesOf(pid));
  const { runDir, logsDir, journalDir } = home.paths;
  const lasting = open.filter((file) => [runDir, logsDir, journalDir].includes(dirname(file)));
  return [...lasting, ...readdirSync(runDir)].sort();
}
