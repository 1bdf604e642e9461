import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'] };

describe('one daemon per home (row 48)', () => {
  const homes = temporaryHomes();

  it('lets one of three win that start in the same instant, and names it to the others (row 92, issue 1)', async () => {
    const home = homes.create(config);
    const daemons = [home.foreground(), home.foreground(), home.foreground()];
    const reports = await Promise.all(daemons.map(({ report }) => report));
    const winners = daemons.filter((_, n) => reports[n]?.ready === true);
    expect(winners).to.have.length(1);
    const winner = winners[0];
    for (const loser of daemons.filter((daemon) => daemon !== winner)) {
      expect(await loser.ended).to.deep.equal({ status: 1, signal: null });
      expect(await loser.stderr)
        .to.include(`already running`)
        .and.to.include(`pid ${winner?.pid}`);
    }
    expect((await (await home.rpc()).call('daemon.status')).pid).to.equal(winner?.pid);
    expect(await winner?.stop()).to.deep.equal({ status: 0, signal: null });
  });

  it('gives five "daemon start" in the same instant one daemon and status 0', async () => {
    const home = homes.create(config);
    const results = await Promise.all(
      Array.from({ length: 5 }, () => home.cli('daemon', 'start', '--json')),
    );
    expect(results.map(({ status, stderr }) => ({ status, stderr }))).to.deep.equal(
      Array(5).fill({ status: 0, stderr: '' }),
    );
    const pids = results.map(({ stdout }) => (JSON.parse(stdout) as { pid: number }).pid);
    expect(new Set(pids).size).to.equal(1);
    await home.reaches('sleeper', 'running');
    // A daemon that lost may still be about to end when its starter has been answered.
    await until('daemon, keeper and one sleeper are left', () => home.processes().length === 3);
  });

  it('is not hindered by a pid file that was left behind, whoever has that pid now (row 92, issue 1)', async () => {
    const home = homes.create(config);
    mkdirSync(home.path, { mode: 0o700 });
    writeFileSync(home.paths.daemonPid, `${process.pid}\n`);
    const pid = await home.start();
    expect(readFileSync(home.paths.daemonPid, 'utf8')).to.equal(`${pid}\n`);
  });

  it('starts again at once after a stop, however often', async () => {
    const home = homes.create(config);
    for (let round = 0; round < 3; round++) {
      await home.start();
      expect((await home.cli('daemon', 'stop')).status).to.equal(0);
      expect(home.processes()).to.deep.equal([]);
    }
  });
});
