import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { describeProcess } from '../support/processes.ts';
import { temporaryHomes, type TestConfig, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const config = { modules: { sleeper }, autostart: ['sleeper'], shutdown: { timeout: '1m' } };

/** Of systemctl: it writes every command line down. */
const standIn = `#!/bin/sh
echo "$@" >> "$XDG_CONFIG_HOME/systemctl.log"
for word do
  case $word in
    -*) ;;
    is-system-running) echo "\${STAND_IN:-running}"; exit ;;
    daemon-reload | enable | disable) exit ;;
    *) break ;;
  esac
done
exec "${process.execPath}" "${join(compiledTree, 'test/fixtures/systemctl.js')}" "$@"
`;

describe('a daemon under systemd', () => {
  const homes = temporaryHomes();

  /** A home whose programs find a stand-in for systemctl, and where that keeps its units. */
  function withSystemd(daemon: TestConfig): {
    home: TestHome;
    unit: string;
    log: () => string[];
    /** Kills the daemon, and has systemd wait before it starts the next one. */
    holdBack: () => Promise<void>;
  } {
    const home = homes.create(daemon);
    const units = join(home.configDir, '..', 'xdg');
    const tools = join(home.configDir, '..', 'tools');
    for (const dir of [units, tools]) mkdirSync(dir);
    home.file('tools/systemctl', standIn, 0o755);
    home.file('tools/loginctl', '#!/bin/sh\necho Linger=$LINGER\n', 0o755);
    home.env['PATH'] = `${tools}${delimiter}${home.env['PATH'] ?? ''}`;
    home.env['XDG_CONFIG_HOME'] = units;
    home.env['LINGER'] = 'yes';
    return {
      home,
      unit: join(units, 'systemd', 'user', 'superbot.service'),
      log: () => readFileSync(join(units, 'systemctl.log'), 'utf8').trim().split('\n'),
      holdBack: async () => {
        writeFileSync(join(units, 'hold'), '');
        process.kill(await daemonPid(home), 'SIGKILL');
        await until('it is to be started again', () => existsSync(join(units, 'waiting')));
      },
    };
  }

  it('is installed as a unit with its paths and its time to stop, and enabled (row 45)', async () => {
    const { home, unit, log } = withSystemd(config);
    const { status, stderr } = await home.cli('daemon', 'install');
    expect({ status, stderr }).to.deep.equal({
      status: 0,
      stderr:
        'it starts at the next boot; start it with: systemctl --user start superbot.service\n',
    });
    const text = readFileSync(unit, 'utf8');
    expect(text).to.include('TimeoutStopSec=75\n');
    expect(text).to.include(`"--home" "${home.path}" "--config" "${home.configDir}"\n`);
    expect(log().slice(-2)).to.deep.equal([
      '--user --no-ask-password daemon-reload',
      '--user --no-ask-password enable superbot.service',
    ]);
    expect(existsSync(home.path), 'the home is not touched').to.equal(false);
  });

  it('is printed without touching anything, systemd or not', async () => {
    const { home, unit } = withSystemd(config);
    home.env['PATH'] = process.env['PATH'];
    const { status, stdout, stderr } = await home.cli('daemon', 'install', '--print', '--system');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.include('WantedBy=multi-user.target');
    expect([unit, home.path].filter((path) => existsSync(path))).to.deep.equal([]);
  });

  it('is not installed where no systemd runs, nor with a configuration it could not start with', async () => {
    const { home, unit } = withSystemd(config);
    home.env['STAND_IN'] = 'offline';
    const refused = await home.cli('daemon', 'install');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.include('finds no systemd').and.to.include('in the foreground');
    home.env['STAND_IN'] = 'degraded';
    home.configure({ autostrat: [] });
    const invalid = await home.cli('daemon', 'install');
    expect(invalid.status).to.equal(1);
    expect(invalid.stderr).to.include('daemon.autostrat');
    expect(existsSync(unit)).to.equal(false);
  });

  it('says loudly when lingering is off, and how to turn it on', async () => {
    const { home } = withSystemd(config);
    home.env['LINGER'] = 'no';
    const { status, stderr } = await home.cli('daemon', 'install', '--quiet');
    expect(status).to.equal(0);
    expect(stderr).to.match(
      /^WARNING: lingering is off .*\n[^]*\n {2}loginctl enable-linger \w+\n/,
    );
  });

  it('leaves the unit of another home alone', async () => {
    const { home, unit } = withSystemd(config);
    expect((await home.cli('daemon', 'install')).status).to.equal(0);
    const first = readFileSync(unit, 'utf8');
    const other = join(home.path, '..', 'other');
    expect((await home.cli('daemon', 'install', '--home', other)).status).to.equal(0);
    expect(readFileSync(unit, 'utf8')).to.equal(first);
    expect(readdirSync(dirname(unit))).to.have.length(2);
  });

  it('is started through systemd on a home with a unit, shown, stopped with its modules, and uninstalled without its data (row 45)', async () => {
    const { home, unit, log } = withSystemd(config);
    expect((await home.cli('daemon', 'install')).status).to.equal(0);
    await home.start();
    expect(log()).to.include('--user --no-ask-password start superbot.service');
    await home.reaches('sleeper', 'running');
    expect((await home.cli('daemon', 'status')).stdout).to.match(/running[^]*sleeper +running/);
    const stored = join(home.path, 'data', 'monitoring', 'samples');
    mkdirSync(dirname(stored), { recursive: true });
    writeFileSync(stored, 'kept');
    const options = await home.cli('daemon', 'restart', '--profile', 'x');
    expect(options.status).to.equal(5);
    const refused = await home.cli('daemon', 'uninstall');
    expect(refused.status, 'it runs').to.equal(5);
    expect(refused.stderr).to.include('superbot-cli daemon stop');

    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await nothingLeft(home);
    expect(log().at(-1)).to.equal('ended 0');
    for (const told of [unit, 'was not installed']) {
      const { status, stdout } = await home.cli('daemon', 'uninstall');
      expect(status).to.equal(0);
      expect(stdout).to.equal(`daemon  uninstalled  (${told})\n`);
    }
    expect(existsSync(unit)).to.equal(false);
    expect(log()).to.include('--user --no-ask-password disable --now superbot.service');
    expect(readFileSync(stored, 'utf8')).to.equal('kept');
  });

  it('hands over to the daemon that systemd starts next, and the modules stay', async () => {
    const { home, log } = withSystemd(config);
    const installed = await home.cli('daemon', 'install', '--now');
    expect(installed.status, installed.stderr).to.equal(0);
    const before = await home.reaches('sleeper', 'running');
    const oldPid = await daemonPid(home);

    const restarted = await home.cli('daemon', 'restart', '--keep-modules', '--json');
    expect(restarted.status, restarted.stdout).to.equal(0);
    const { pid } = JSON.parse(restarted.stdout) as { pid: number };
    expect(pid).not.to.equal(oldPid);
    expect(log().filter((line) => line.startsWith('ended'))).to.deep.equal(['ended 75']);
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    expect(variables, 'systemd started it').to.include('SUPERBOT_SYSTEMD=1');
    expect(await home.module('sleeper')).to.include({ state: 'running', pid: before.pid });

    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await nothingLeft(home);
  });

  it('is started again by systemd when it is killed, and takes its modules over', async () => {
    const { home, log } = withSystemd(config);
    const installed = await home.cli('daemon', 'install', '--now');
    expect(installed.status, installed.stderr).to.equal(0);
    const { pid } = await home.reaches('sleeper', 'running');
    const oldPid = await daemonPid(home);
    process.kill(oldPid, 'SIGKILL');
    await until('the next one answers', async () => {
      const { stdout } = await home.cli('daemon', 'status', '--json');
      return stdout.includes('"pid"') && !stdout.includes(`"pid":${oldPid},`);
    });
    expect(await home.module('sleeper')).to.include({ state: 'running', pid });
    expect(log()).to.include('ended by a signal');
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await nothingLeft(home);
  });

  it('is not started again by systemd when it was stopped before that could', async () => {
    const { home, log, holdBack } = withSystemd(config);
    expect((await home.cli('daemon', 'install', '--now')).status).to.equal(0);
    await home.reaches('sleeper', 'running');
    await holdBack();
    const refused = await home.cli('daemon', 'uninstall');
    expect(refused.status, 'it is about to run').to.equal(5);
    const stopped = await home.cli('daemon', 'stop');
    expect(stopped).to.include({ status: 0, stdout: 'daemon  stopped  (was not running)\n' });
    expect(log()).to.include('--user --no-ask-password stop superbot.service');
    await nothingLeft(home);
  });

  it('is uninstalled with its modules also while systemd is about to start it', async () => {
    const { home, unit, holdBack } = withSystemd(config);
    expect((await home.cli('daemon', 'install', '--now')).status).to.equal(0);
    await home.reaches('sleeper', 'running');
    await holdBack();
    expect((await home.cli('daemon', 'uninstall', '--now')).status).to.equal(0);
    expect(existsSync(unit)).to.equal(false);
    await nothingLeft(home);
  });

  it('is not given up for a restart with a configuration that it could not start with', async () => {
    const { home, log } = withSystemd(config);
    expect((await home.cli('daemon', 'install', '--now')).status).to.equal(0);
    const pid = await daemonPid(home);
    home.configure({ autostrat: [] });
    for (const how of [[], ['--keep-modules']]) {
      const { status, stderr } = await home.cli('daemon', 'restart', ...how);
      expect(status, stderr).to.equal(1);
      expect(stderr).to.include('runs on').and.to.include('daemon.autostrat');
    }
    expect(await daemonPid(home)).to.equal(pid);
    expect(log().filter((line) => line.startsWith('ended'))).to.deep.equal([]);
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    await nothingLeft(home);
  });
});

async function daemonPid(home: TestHome): Promise<number> {
  return (await (await home.rpc()).call('daemon.status')).pid;
}

/** The stand-in ends a moment after the daemon that it ran. */
async function nothingLeft(home: TestHome): Promise<void> {
  await until(`nothing runs: ${home.processes().map(describeProcess).join()}`, () => {
    return home.processes().length === 0;
  });
}
