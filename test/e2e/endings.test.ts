import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { compiledTree } from '../support/programs.ts';
import { temporaryHomes } from '../support/superbot.ts';

const brake = {
  type: 'node',
  module: join(compiledTree, 'test/fixtures/brake.js'),
  ready: { link: true },
  restart: { base_delay: '0s' },
};

function exitsWith(code: number) {
  return { type: 'exec', command: ['sh', '-c', `exit ${code}`], restart: { base_delay: '0s' } };
}

describe('a module that must not be restarted', () => {
  const homes = temporaryHomes();

  it('stays stopped when it halts, also across a restart of the daemon', async () => {
    const home = homes.create({ modules: { brake }, autostart: ['brake'] });
    await home.start();
    const halted = await home.reaches('brake', 'stopped', 'halted');
    expect(halted).to.include({ wanted: 'down', restart_count: 0, pid: null });
    expect((await home.cli('daemon', 'restart')).status).to.equal(0);
    expect(await home.module('brake')).to.include({ state: 'stopped', reason: 'halted' });
    expect(home.storedLines('brake').filter(({ text }) => text === 'halting')).to.have.length(1);
  });

  it('counts as halted when it exits with 79', async () => {
    const home = homes.create({ modules: { brake: exitsWith(79) }, autostart: ['brake'] });
    await home.start();
    await home.reaches('brake', 'stopped', 'halted');
    expect((await home.cli('daemon', 'restart')).status).to.equal(0);
    const status = await home.module('brake');
    expect(status).to.include({ state: 'stopped', reason: 'halted', wanted: 'down' });
    expect(status.last_exit).to.include({ code: 79 });
  });

  it('is failed when it exits with 78, and tried again only by an operator', async () => {
    const home = homes.create({ modules: { brake: exitsWith(78) }, autostart: ['brake'] });
    await home.start();
    const failed = await home.reaches('brake', 'failed', 'exit_78');
    expect(failed).to.include({ restart_count: 0, pid: null });
    const { status, stdout } = await home.cli('module', 'start', 'brake', '--json');
    expect(status).to.equal(1);
    const { error } = JSON.parse(stdout) as { error: { code: number; data: object } };
    expect(error.code).to.equal(-32003);
    expect(error.data).to.include({ state: 'failed', exit_code: 78 });
  });
});

describe('a module that does not start', () => {
  const homes = temporaryHomes();

  it('has the last twenty lines of its stderr shown to whoever started it (row 92, issue 2)', async () => {
    const talker = {
      type: 'exec',
      command: ['sh', '-c', 'for n in $(seq 1 25); do echo "trouble $n" >&2; done; exit 1'],
      restart: { policy: 'never' },
    };
    const home = homes.create({ modules: { talker } });
    await home.start();
    const lines = Array.from({ length: 20 }, (_, n) => `trouble ${n + 6}`);
    const { status, stdout } = await home.cli('module', 'start', 'talker', '--json');
    expect(status).to.equal(1);
    const { error } = JSON.parse(stdout) as { error: { code: number; data: object } };
    expect(error.code).to.equal(-32003);
    expect(error.data).to.deep.include({ state: 'failed', exit_code: 1, output: lines });
    const told = await home.cli('start', 'talker');
    expect(told.stderr.match(/trouble \d+/g)).to.deep.equal(lines);
  });
});

describe('a module that cannot be launched', () => {
  const homes = temporaryHomes();

  const unlaunchable: [title: string, definition: object][] = [
    ['whose program does not exist', { type: 'exec', command: ['/nonexistent/program'] }],
    ['whose program is not in PATH', { type: 'exec', command: ['superbot-no-such-program'] }],
    ['whose program may not be run', { type: 'exec', command: ['./config/daemon.yaml'] }],
    ['whose script does not exist', { type: 'node', module: './nosuch.js' }],
    ['that is none of the shipped ones', { type: 'node', module: 'superbot:nosuch' }],
  ];
  for (const [title, definition] of unlaunchable) {
    it(`${title} is import_failed, and starting it answers −32003`, async () => {
      const home = homes.create({ modules: { broken: definition } });
      await home.start();
      const { status, stdout } = await home.cli('module', 'start', 'broken', '--json');
      expect(status).to.equal(1);
      const { error } = JSON.parse(stdout) as { error: { code: number; data: object } };
      expect(error.code).to.equal(-32003);
      expect(error.data).to.include({ state: 'import_failed' });
      const told = await home.cli('module', 'start', 'broken');
      expect(told.status).to.equal(1);
      expect(told.stderr)
        .to.include('broken')
        .and.not.to.match(/\n {4}at /);
      expect(await home.module('broken')).to.include({ state: 'import_failed', restart_count: 0 });
    });
  }
});
