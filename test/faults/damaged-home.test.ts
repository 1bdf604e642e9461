import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '../../daemon/processes.ts';
import { isRunning, killAll } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper, idle: sleeper }, autostart: ['sleeper'] };

describe('a state file that a power loss has cut off', () => {
  const homes = temporaryHomes();

  it('is kept as .bad with one alert, and what runs is taken over and not started twice', async () => {
    const home = homes.create(config);
    const daemon = await home.foreground().ready();
    const { pid } = await home.reaches('sleeper', 'running');
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    truncateSync(home.paths.state, 40);

    await home.start();
    expect(await home.reaches('sleeper', 'running')).to.include({ pid });
    expect(await home.module('idle')).to.include({ state: 'stopped' });
    expect(readFileSync(`${home.paths.state}.bad`, 'utf8')).to.have.length(40);
    const alerts = home.storedLines('daemon').filter(({ text }) => text.includes('damaged'));
    expect(alerts.map(({ level, text }) => ({ level, text }))).to.deep.equal([
      {
        level: 'error',
        text: `state.json was damaged: kept as "${home.paths.state}.bad", begun anew`,
      },
    ]);
  });
});

describe('a record in run/ that names a foreign process', () => {
  const homes = temporaryHomes();

  it('under another start time never costs it its life, and the module is started once', async () => {
    await expectUntouched(homes.create(config), { startTime: '1' });
  });

  it('of before the last boot never costs it its life either', async () => {
    await expectUntouched(homes.create(config), { bootId: 'of another boot' });
  });
});

/** A new daemon starts, restarts and stops the sleeper, and leaves alone what its record names. */
async function expectUntouched(home: TestHome, change: object): Promise<void> {
  await home.start();
  await home.reaches('sleeper', 'running');
  // Daemon, keeper and module, as when the machine went down.
  killAll(home.processes());
  await until('all are gone', () => home.processes().length === 0);
  const foreign = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  await once(foreign, 'spawn');
  const foreignPid = foreign.pid ?? 0;
  try {
    renameRecord(home, { ...identify(foreignPid), ...change });
    writeFileSync(home.paths.modulePid('sleeper'), `${foreignPid}\n`);
    writeFileSync(home.paths.daemonPid, `${foreignPid}\n`);
    await home.start();
    const { pid } = await home.reaches('sleeper', 'running');
    expect(pid).not.to.equal(foreignPid);
    const rpc = await home.rpc();
    await rpc.call('module.restart', { module: 'sleeper' });
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(isRunning(foreignPid), 'the foreign process lives').to.equal(true);
  } finally {
    foreign.kill('SIGKILL');
  }
}

/** Has the sleeper's record name another process. */
function renameRecord(home: TestHome, identity: object): void {
  const path = join(home.paths.runDir, 'sleeper.json');
  expect(readdirSync(home.paths.runDir)).to.include('sleeper.json');
  const record = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...record, identity }));
}
