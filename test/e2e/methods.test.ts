import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { type MethodName, methods } from '../../rpc/contract.ts';
import { RawClient } from '../rpc/wire.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

/** The fifteen of the first design and what came since; each changes a module of its own. */
const calls: readonly (readonly [method: string, params?: object])[] = [
  ['daemon.status'],
  ['module.start', { module: 'started' }],
  ['module.status', { module: 'trading' }],
  ['module.list'],
  ['module.restart', { module: 'restarted' }],
  ['module.stop', { module: 'stopped' }],
  ['trading.positions'],
  ['trading.orders'],
  ['trading.balance'],
  ['monitoring.health'],
  ['monitoring.metrics'],
  ['monitoring.resources'],
  ['monitoring.report'],
  ['logs.stream', { module: 'trading', lines: 1 }],
  ['logs.tail', { lines: 1 }],
  ['module.explain', { module: 'trading' }],
  ['schedule.list'],
  ['schedule.run', { job: 'nightly' }],
  ['schedule.pause', { job: 'nightly' }],
  ['schedule.resume', { job: 'nightly' }],
  ['events.publish', { topic: 'trade.executed', data: { symbol: 'BTCUSDT' } }],
  ['events.history', { topics: ['module.*'] }],
  ['events.subscribe', { topics: ['price.**'] }],
  ['events.stats'],
  ['cache.set', { key: 'methods:a', value: [1], ttl: 0.5 }],
  ['cache.get', { key: 'methods:a', near: true }],
  ['cache.delete', { key: 'methods:a' }],
  ['cache.stats'],
  ['config.show'],
  ['config.validate'],
  ['config.get', { path: 'daemon.logs.level' }],
  ['rpc.discover'],
  ['daemon.reload_config', { dry_run: true }],
];
/**
 * A row of their own elsewhere: who says who they are, what needs a subscription or a link, and what
 * needs a database (demo.test.ts, db.test.ts, collector.test.ts), or the host (monitoring.test.ts).
 */
const elsewhere = ['auth.login', 'subscription.cancel', 'link.hello', 'link.ready', 'link.halt'];
const ofOtherModules = /^(collector|database|stress)\./;
interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

describe('every method of the contract on a running daemon (row 74)', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  const replies = new Map<string, Reply>();

  before(async () => {
    const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
    const trading = { type: 'node', module: 'superbot:trading', ready: { link: true } };
    const modules = { trading, started: sleeper, restarted: sleeper, stopped: sleeper };
    const nightly = { cron: '0 2 * * *', method: 'module.list' };
    const autostart = ['trading', 'restarted', 'stopped'];
    home = homes.create({ modules, autostart, schedule: { jobs: { nightly } } });
    await home.start();
    await home.reaches('trading', 'running');
    const client = await RawClient.connect(`unix:${home.paths.socket}`);
    // All of them on one connection, at once: answers come as they are ready, by their id.
    for (const [id, [method, params]] of calls.entries()) {
      client.send({ jsonrpc: '2.0', id, method, params });
    }
    while (replies.size < calls.length) {
      const message = (await client.receive()) as Reply | { readonly method: string };
      if ('id' in message) replies.set(calls[message.id]![0], message);
    }
    client.destroy();
  });

  for (const [method] of calls) {
    it(`${method} answers in its shape`, () => {
      const { result, error } = replies.get(method)!;
      expect(error).to.equal(undefined);
      // Throws what is wrong with it.
      methods[method as MethodName].result.parse(result);
    });
  }

  it('the log has what a call set off under one id, apart from other calls (row 69)', () => {
    for (const [method, module] of [
      ['module.start', 'started'],
      ['module.restart', 'restarted'],
    ] as const) {
      const ids = home
        .storedLines('daemon')
        .filter(({ fields }) => fields?.['module'] === module)
        .map(({ fields }) => fields?.['correlation_id'] ?? 'autostart')
        .filter((id) => id !== 'autostart');
      expect(ids).to.have.length.greaterThan(1);
      expect(new Set(ids).size).to.equal(1);
      expect(ids[0]).to.match(new RegExp(`^${method}#`));
    }
  });

  it('daemon.stop answers, and the daemon ends (row 76)', async () => {
    const rpc = await home.rpc();
    expect(await rpc.call('daemon.stop')).to.deep.equal({ status: 'stopping' });
    await rpc.closed;
  });

  it('none is left out', () => {
    const asked = new Set([...calls.map(([method]) => method), 'daemon.stop', ...elsewhere]);
    const left = Object.keys(methods).filter(
      (method) => !asked.has(method) && !ofOtherModules.test(method),
    );
    expect(left).to.deep.equal([]);
  });
});
