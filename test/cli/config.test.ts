import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { programs, runNode } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';

const mistaken = 'daemon:\n  demon: 1\n  logs: {keep: 0}\nwatchdog: {enabled: true}\n';
const problems = [
  'daemon.yaml:2:3: daemon.demon: is an unknown key',
  'daemon.yaml:3:16: daemon.logs.keep: found 0, expected a whole number from 1 to 1000',
];
const notice = 'daemon.yaml:4:1: watchdog: is an old form, expected below the key "daemon"';
const sound = 'daemon: {modules: {a: {module: x, env: {A: "${SB_TEST_SECRET}"}}}}';

describe('superbot --check', () => {
  const homes = temporaryHomes();
  const check = (home: ReturnType<typeof homes.create>, ...args: string[]) =>
    runNode(programs.daemon, ['--check', ...args], { env: home.env });

  it('prints every problem on stdout and every notice on stderr, and exits 1', async () => {
    const home = homes.create(mistaken);
    const { status, stdout, stderr } = await check(home);
    expect(status).to.equal(1);
    expect(stdout.trimEnd().split('\n')).to.have.length(2);
    for (const problem of problems) expect(stdout).to.include(problem);
    expect(stderr).to.include(notice);
    expect(stderr.trimEnd().split('\n')).to.have.length(1);
  });

  it('says which directory is valid and how it was chosen, exits 0 and makes no home', async () => {
    const home = homes.create({});
    const byVariable = await check(home);
    expect(byVariable).to.deep.include({ status: 0, stderr: '' });
    expect(byVariable.stdout).to.equal(
      `the configuration in "${home.configDir}" (chosen by SUPERBOT_CONFIG) is valid\n`,
    );
    const byOption = await check(home, '--config', home.configDir);
    expect(byOption.stdout).to.include('(chosen by --config)');
    const missing = await check(home, '--config', join(home.path, 'nowhere'));
    expect(missing.status).to.equal(1);
    expect(missing.stdout).to.include('daemon.yaml:1:1: does not exist');
    expect(home.processes()).to.deep.equal([]);
  });

  it('prints the effective configuration, masked, as the one document on stdout', async () => {
    const home = homes.create(sound);
    home.env['SB_TEST_SECRET'] = 'hunter2';
    const { status, stdout } = await check(home, '--print');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.have.nested.property('daemon.modules.a.env.A', '***');
    home.configure(mistaken);
    const broken = await check(home, '--print');
    expect(broken).to.deep.include({ status: 1, stdout: '' });
    expect(broken.stderr).to.include(problems[0]);
  });

  it('row 98: takes no setting from a hidden place: an unset variable is told, not guessed', async () => {
    const home = homes.create(sound);
    const { status, stdout } = await check(home);
    expect(status).to.equal(1);
    expect(stdout).to.include('the variable SB_TEST_SECRET is not set');
  });
});

describe('superbot-cli config without a daemon', () => {
  const homes = temporaryHomes();

  it('shows and validates through superbot --check, with its status and a word on stderr', async () => {
    const home = homes.create(sound);
    home.env['SB_TEST_SECRET'] = 'hunter2';
    const valid = await home.cli('config', 'validate');
    expect(valid).to.deep.include({ status: 0, stdout: 'the configuration is valid\n' });
    expect(valid.stderr).to.match(/^the daemon is not running: asked superbot --check instead\n/);
    const shown = await home.cli('config', 'show');
    expect(JSON.parse(shown.stdout)).to.have.nested.property('daemon.modules.a.env.A', '***');
    expect(shown.status).to.equal(0);

    home.configure(mistaken);
    const invalid = await home.cli('config', 'validate');
    expect(invalid.status).to.equal(1);
    for (const problem of problems) expect(invalid.stdout).to.include(problem);
    expect(invalid.stderr).to.include(notice);
    const asJson = await home.cli('config', 'validate', '--json');
    const document = JSON.parse(asJson.stdout) as { problems: string[]; notices: string[] };
    expect(asJson.status).to.equal(1);
    expect(document.problems).to.have.length(2);
    expect(document.notices).to.have.length(1);
    const notShown = await home.cli('config', 'show');
    expect(notShown).to.deep.include({ status: 1, stdout: '' });
    expect(notShown.stderr).to.include(problems[1]);
  });
});

describe('superbot-cli config with a daemon', () => {
  const homes = temporaryHomes();

  it('shows what the daemon works with, and validates what the files say now', async () => {
    const home = homes.create('daemon: {logs: {keep: 7}, ipc: {auth_token: "${SB_TEST_SECRET}"}}');
    home.env['SB_TEST_SECRET'] = 'hunter2';
    await home.start();
    writeFileSync(join(home.configDir, 'daemon.yaml'), mistaken);

    const shown = await home.cli('config', 'show');
    expect(shown).to.deep.include({ status: 0, stderr: '' });
    expect(JSON.parse(shown.stdout)).to.have.nested.property('daemon.logs.keep', 7);
    expect(JSON.parse(shown.stdout)).to.have.nested.property('daemon.ipc.auth_token', '***');

    const invalid = await home.cli('config', 'validate');
    expect(invalid.status).to.equal(1);
    for (const problem of problems) expect(invalid.stdout).to.include(problem);
    expect(invalid.stderr.trimEnd()).to.match(new RegExp(`${notice}$`));
    home.file('daemon.yaml', 'daemon: {}');
    const other = await home.cli('config', 'validate', join(home.configDir, '..'));
    expect(other).to.deep.include({ status: 0, stdout: 'the configuration is valid\n' });
  });

  it('finds the notices in the log of the daemon, as warnings', async () => {
    const home = homes.create('watchdog: {enabled: true}');
    await home.start();
    const warnings = home.storedLines('daemon').filter(({ level }) => level === 'warn');
    expect(warnings.map(({ text }) => text).join('\n')).to.match(
      /daemon\.yaml:1:1: watchdog: is an old form/,
    );
  });
});
