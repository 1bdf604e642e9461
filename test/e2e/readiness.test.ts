import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { freePort } from '../support/free-port.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const server = `
  const { createServer } = require('node:http');
  const { existsSync } = require('node:fs');
  const [port, sign] = process.argv.slice(1);
  createServer((request, response) => {
    const isUp = request.url === '/up' && existsSync(sign);
    response.writeHead(isUp ? 200 : 503).end();
  }).listen(Number(port), '127.0.0.1');
`;

/** Prints, then says that it is up once the file is there, and prints on. */
const printer =
  'echo warming up; until [ -e "$1" ]; do sleep 0.05; done; echo "up on port 80"; sleep 1000';

describe('readiness of a module', () => {
  const homes = temporaryHomes();

  it('by log comes with the line, and a line of an earlier launch is none', async () => {
    const home = homes.create();
    const sign = signOf(home);
    const bot = {
      type: 'exec',
      command: ['sh', '-c', printer, 'sh', sign],
      ready: { log: '^up on port \\d+$' },
    };
    home.configure({ modules: { bot } });
    await home.start();
    const starting = home.cli('start', 'bot');
    await until(
      'it has begun',
      () => existsSync(home.paths.logsDir) && home.storedLines('bot').length > 0,
    );
    expect((await home.module('bot')).state).to.equal('starting');
    writeFileSync(sign, '');
    expect((await starting).status).to.equal(0);
    await home.cli('stop', 'bot');
    rmSync(sign);
    const again = await home.cli('start', 'bot', '--timeout', '0.3');
    expect(again.status, 'the old line does not count').to.equal(6);
    writeFileSync(sign, '');
    await home.reaches('bot', 'running');
  });

  it('by log is found by the next daemon too, in what was printed meanwhile', async () => {
    const home = homes.create();
    const sign = signOf(home);
    const command = ['sh', '-c', printer, 'sh', sign];
    home.configure({ modules: { bot: { type: 'exec', command, ready: { log: 'up on' } } } });
    const first = await home.foreground().ready();
    await (await home.rpc()).call('module.start', { module: 'bot', wait: false });
    const started = await until('it is launched', async () => (await home.module('bot')).pid);
    first.child.kill('SIGKILL');
    await first.ended;
    writeFileSync(sign, '');
    await until('it has said so', () =>
      home.storedLines('bot').some(({ text }) => text.startsWith('up on')),
    );
    await home.foreground().ready();
    expect((await home.reaches('bot', 'running')).pid).to.equal(started);
  });

  it('by http comes when the URL is answered well', async () => {
    const port = await freePort();
    const home = homes.create();
    const sign = signOf(home);
    const command = [process.execPath, '-e', server, String(port), sign];
    const ready = { http: `http://127.0.0.1:${port}/up` };
    home.configure({ modules: { web: { type: 'exec', command, ready } } });
    await home.start();
    const early = await home.cli('start', 'web', '--timeout', '0.5');
    expect(early.status).to.equal(6);
    writeFileSync(sign, '');
    await home.reaches('web', 'running');
  });

  it('that is long in coming is explained to whoever waits', async () => {
    const ready = { log: 'never said', timeout: '3s' };
    const command = ['sleep', '1000'];
    const restart = { policy: 'never' };
    const home = homes.create({ modules: { bot: { type: 'exec', command, ready, restart } } });
    await home.start();
    const { stderr } = await home.cli('start', 'bot');
    expect(stderr).to.include(
      'waiting until bot is ready: a line of its output matches never said, within 3s\n',
    );
  });

  it('that never comes is a failed start', async () => {
    const command = ['sh', '-c', 'echo almost; sleep 1000'];
    const restart = { policy: 'never' };
    const ready = { log: 'never said', timeout: '1500ms' };
    const home = homes.create({ modules: { bot: { type: 'exec', command, ready, restart } } });
    await home.start();
    const { status, stderr } = await home.cli('start', 'bot');
    expect(status).to.equal(1);
    expect(stderr).to.include('not ready within 1.5 s').and.include('almost');
    expect(await home.module('bot')).to.include({ state: 'failed', reason: 'start_timeout' });
  });
});

/** A file whose appearance is the module's signal to be ready. */
function signOf({ configDir }: TestHome): string {
  return join(dirname(configDir), 'sign');
}
