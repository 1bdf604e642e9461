import { expect } from 'chai';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { failure } from './failure.ts';
import { startServer, type TestServer } from './wire.ts';

const list = { jsonrpc: '2.0', method: 'module.list', id: 1 };
const answer = { jsonrpc: '2.0', result: { modules: [] }, id: 1 };
const handlers = { 'module.list': () => ({ modules: [] }) };

describe('a server whose socket file was removed', () => {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  async function startAndRemove() {
    const server = await startServer({ handlers });
    servers.push(server);
    const before = await server.connect();
    expect(await before.ask(list)).to.deep.equal(answer);
    const socket = join(server.dir, 'superbot.sock');
    rmSync(socket);
    return { server, before, socket };
  }

  it('can be reached again, and keeps the connections that it had', async () => {
    const { server, before, socket } = await startAndRemove();
    expect(await server.server.repair()).to.equal(true);
    expect(await server.server.repair(), 'nothing is left to do').to.equal(false);
    const client = await server.connect();
    for (const each of [before, client]) expect(await each.ask(list)).to.deep.equal(answer);
    expect(readdirSync(server.dir)).to.deep.equal(['superbot.sock']);
    await server.server.stop();
    expect(existsSync(socket)).to.equal(false);
  });

  it('never takes the place of a file that is no socket', async () => {
    const { server, socket } = await startAndRemove();
    writeFileSync(socket, 'mine');
    expect(await failure(server.server.repair())).to.match(/a file that is no socket/);
    await server.server.stop();
    expect(existsSync(socket)).to.equal(true);
  });

  it('stays as it is once it is stopped', async () => {
    const { server, socket } = await startAndRemove();
    await server.server.stop();
    expect(await server.server.repair()).to.equal(false);
    expect(existsSync(socket)).to.equal(false);
  });
});
