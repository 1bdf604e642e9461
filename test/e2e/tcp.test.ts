import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { connect } from '../../rpc/client.ts';
import { RpcError } from '../../rpc/errors.ts';
import { RawClient } from '../rpc/wire.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('a daemon on TCP (rows 74 and 75)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let endpoint: string;
  let takenPort: number;

  before(async () => {
    const neighbour = createServer().listen(0, '127.0.0.1');
    await once(neighbour, 'listening');
    neighbour.unref();
    takenPort = (neighbour.address() as AddressInfo).port;
    home = homes.create({
      modules: { sleeper },
      ipc: { transport: 'tcp', tcp_port: takenPort },
    });
    await home.start();
    endpoint = readFileSync(home.paths.endpoint, 'utf8').trim();
  });

  it('gives way to a free port where its own is taken, and says so in the endpoint file', () => {
    expect(endpoint).to.match(/^tcp:127\.0\.0\.1:\d+$/);
    expect(endpoint).not.to.equal(`tcp:127.0.0.1:${takenPort}`);
  });

  it('serves the command line', async () => {
    expect((await home.cli('daemon', 'start')).status).to.equal(0);
    expect((await home.cli('module', 'start', 'sleeper')).status).to.equal(0);
    const { status, stdout } = await home.cli('daemon', 'status', '--json');
    expect(status).to.equal(0);
    expect((JSON.parse(stdout) as { endpoint: string }).endpoint).to.equal(endpoint);
  });

  it('keeps its tokens private', () => {
    for (const path of [home.paths.token, home.paths.observerToken]) {
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      expect(readFileSync(path, 'utf8')).to.match(/^[0-9a-f]{64}$/);
    }
  });

  it('answers JSON without a valid token with −32001 and closes', async () => {
    const call = { jsonrpc: '2.0', id: 1, method: 'daemon.status' };
    for (const message of [call, { ...call, auth: 'f'.repeat(64) }, { ...call, auth: 7 }]) {
      const client = await RawClient.connect(endpoint);
      client.send(message);
      const answer = JSON.parse(await client.ended) as { error: { code: number } };
      expect(answer.error.code).to.equal(-32001);
    }
  });

  it('closes on what is not JSON without a word', async () => {
    for (const sent of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', `${'x'.repeat(5000)}\n`]) {
      const client = await RawClient.connect(endpoint);
      client.write(sent);
      expect(await client.ended).to.equal('');
    }
  });

  it('lets an observer look, and nothing else', async () => {
    const token = readFileSync(home.paths.observerToken, 'utf8');
    const observer = await connect({ endpoint, token });
    expect((await observer.call('daemon.status')).status).to.equal('running');
    expect((await observer.call('logs.tail', { module: 'daemon' })).lines).not.to.deep.equal([]);
    for (const method of ['daemon.stop', 'module.start', 'module.stop', 'module.restart']) {
      const refusal: unknown = await observer
        .callAny(method, { module: 'sleeper' })
        .catch((error: unknown) => error);
      expect(refusal, method).to.be.instanceOf(RpcError);
      expect((refusal as RpcError).code, method).to.equal(-32007);
    }
    await observer.close();
    expect((await home.module('sleeper')).state).to.equal('running');
  });

  it('stops by the command line and leaves no token behind', async () => {
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect((await home.cli('daemon', 'status')).status).to.equal(3);
    expect(statSync(home.paths.token, { throwIfNoEntry: false })).to.equal(undefined);
    expect(home.processes()).to.deep.equal([]);
  });
});
