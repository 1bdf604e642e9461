import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { RawClient } from '../rpc/wire.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const token = 'a token of the operator’s own choice';
const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('a daemon with ipc.auth_token (row 75)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;

  before(async () => {
    home = homes.create({ modules: { sleeper }, ipc: { auth_token: token } });
    await home.start();
  });

  async function answerTo(message: object): Promise<unknown> {
    const client = await RawClient.connect(`unix:${home.paths.socket}`);
    client.send({ jsonrpc: '2.0', id: 1, method: 'module.list', ...message });
    const answer = await client.receive();
    client.destroy();
    return answer;
  }

  it('answers -32001 to a call without it, or with another', async () => {
    for (const message of [{}, { auth: '' }, { auth: `${token}x` }, { auth: null }]) {
      expect(await answerTo(message)).to.have.nested.property('error.code', -32001);
    }
  });

  it('answers a call that carries it', async () => {
    expect(await answerTo({ auth: token })).to.have.nested.property('result.modules');
  });

  it('serves the command line, which finds it in the home', async () => {
    expect((await home.cli('start', 'sleeper')).status).to.equal(0);
    const { status, stdout } = await home.cli('status', 'sleeper', '--json');
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.have.property('state', 'running');
  });

  it('never shows it', async () => {
    const { stdout } = await home.cli('config', 'show', '--json');
    expect(JSON.parse(stdout)).to.have.nested.property('daemon.ipc.auth_token', '***');
    expect(stdout).to.not.include(token);
  });
});
