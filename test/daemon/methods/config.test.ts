import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Configuration } from '../../../daemon/configuration.ts';
import { configMethods } from '../../../daemon/methods/config.ts';
import { configDirWith } from '../../config/config-folder.ts';
import { linkToken, observerToken, operatorToken, startServer } from '../../rpc/wire.ts';
import type { TestServer } from '../../rpc/wire.ts';

// `linkToken` is that of the module trading.
const yaml = `
daemon:
  modules:
    trading: {module: x, params: {api_key: "\${KEY}", deep: {list: [1, 2]}}, env: {MODE: "\${MODE:-paper}"}}
    other: {module: x}
  logs: {keep: 7}
`;
const environment = { KEY: 'hunter2' };

describe('config.* over RPC', () => {
  let server: TestServer | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });

  async function serve() {
    const dir = configDirWith({ 'daemon.yaml': yaml });
    server = await startServer({
      handlers: configMethods(new Configuration({ dir, environment, profile: null })),
      auth: 'required',
    });
    const present = server;
    // A connection each, since the first request says who is at its other end.
    const call = async (auth: string, method: string, params: object = {}) => {
      const client = await present.connect();
      return (await client.ask({ jsonrpc: '2.0', id: 1, method, params, auth })) as {
        result?: { value?: unknown; problems?: string[]; notices?: string[] };
        error?: { code: number; data?: object };
      };
    };
    return { dir, call };
  }

  it('row 68: gives nested values by their path, and null for what is not set', async () => {
    const { call } = await serve();
    const value = async (path: string, token = linkToken) =>
      (await call(token, 'config.get', { path })).result?.value;
    const own = 'daemon.modules.trading';
    expect(await value(`${own}.params.deep.list.1`)).to.equal(2);
    expect(await value(`${own}.restart.base_delay`)).to.equal('1s');
    expect(await value(`${own}.params.missing.deeper`)).to.equal(null);
    expect(await value(`${own}.params.constructor`)).to.equal(null);
    expect(await value('daemon.logs.keep', operatorToken)).to.equal(7);
  });

  it('row 68: replaces references and their defaults, shown to the module they are for alone', async () => {
    const { call } = await serve();
    const value = async (path: string, token: string) =>
      (await call(token, 'config.get', { path })).result?.value;
    expect(await value('daemon.modules.trading.params.api_key', linkToken)).to.equal('hunter2');
    expect(await value('daemon.modules.trading.env.MODE', linkToken)).to.equal('paper');
    expect(await value('daemon.modules.trading.params.api_key', operatorToken)).to.equal('***');
    const shown = await call(operatorToken, 'config.show');
    expect(JSON.stringify(shown)).to.include('"keep":7').and.not.include('hunter2');
  });

  it('shows every module the sizes of the pools, which are for all of them (rows 82, 88)', async () => {
    const { call } = await serve();
    const value = async (path: string) =>
      (await call(linkToken, 'config.get', { path })).result?.value;
    expect(await value('infrastructure.connection_pool')).to.deep.equal({
      min_connections: 2,
      max_connections: 10,
      connection_timeout: 30,
      idle_timeout: 300,
    });
    expect(await value('infrastructure.connection_pool.max_connections')).to.equal(10);
    const pools = 'daemon.resource_allocation.thread_pools';
    expect(await value(pools)).to.deep.equal({
      default: { max_workers: 10 },
      io: { max_workers: 20 },
      cpu: { max_workers: 4 },
    });
  });

  const others = [
    ...['daemon', 'daemon.modules', 'daemon.modules.other', 'daemon.logs.keep', ''],
    ...['infrastructure', 'infrastructure.cache', 'infrastructure.connection_pools'],
    ...['daemon.resource_allocation', 'connectors.exchanges'],
  ];
  for (const path of others)
    it(`refuses a module the section "${path}"`, async () => {
      const { call } = await serve();
      const { error } = await call(linkToken, 'config.get', { path });
      expect(error).to.deep.include({ code: -32007, data: { reason: 'not_own_section' } });
    });

  it('refuses an observer all of it, and a module all but its own values', async () => {
    const { call } = await serve();
    const path = 'daemon.modules.trading';
    const refused = [
      await call(observerToken, 'config.get', { path }),
      await call(observerToken, 'config.show'),
      await call(linkToken, 'config.show'),
      await call(linkToken, 'config.validate'),
    ];
    expect(refused.map(({ error }) => error?.code)).to.deep.equal([-32007, -32007, -32007, -32007]);
  });

  it('judges the files as they are now, of the daemon or of another directory', async () => {
    const { dir, call } = await serve();
    expect((await call(operatorToken, 'config.validate')).result).to.deep.equal({
      problems: [],
      notices: [],
    });
    writeFileSync(join(dir, 'daemon.yaml'), 'daemon: {demon: 1}\nwatchdog: {enabled: true}');
    const { result } = await call(operatorToken, 'config.validate');
    expect(result?.problems).to.have.length(1);
    expect(result?.problems?.[0]).to.match(/daemon\.yaml:1:10: daemon\.demon: is an unknown key/);
    expect(result?.notices?.[0]).to.match(/daemon\.yaml:2:1: watchdog: is an old form/);
    const other = configDirWith({ 'daemon.yaml': 'daemon: {}' });
    const judged = await call(operatorToken, 'config.validate', { dir: other });
    expect(judged.result?.problems).to.deep.equal([]);
    const relative = await call(operatorToken, 'config.validate', { dir: 'config' });
    expect(relative.error?.code).to.equal(-32602);
  });
});
