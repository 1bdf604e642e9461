import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import type { MetricFamilies } from '../../rpc/shapes-resources.ts';
import { rpcFailure } from '../daemon/supervisor/house.ts';
import { compiledTree } from '../support/programs.ts';
import { pythonEnv, whyNoPython } from '../support/python.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const ready = { link: true, timeout: '20s' };
const nodeModule = join(compiledTree, 'test', 'fixtures', 'cache-module.js');
const node = { type: 'node', module: nodeModule, ready };
const pythonModule = join(packageRoot(), 'test', 'fixtures', 'cache_module.py');
const health = { interval: '1s' };
const py = { type: 'exec', command: ['python3', pythonModule], env: pythonEnv, ready, health };
const noPython = whyNoPython();

function configureCache(home: TestHome, cache: object): void {
  const text = JSON.stringify({ infrastructure: { cache } });
  writeFileSync(join(home.configDir, 'infrastructure.yaml'), text);
}

describe('the cache between programs', () => {
  const homes = temporaryHomes();

  it(`is shared by a Node and a Python module, each in a process of its own (row 71)${noPython === null ? '' : ` (skipped: ${noPython})`}`, async function () {
    if (noPython !== null) this.skip();
    const home = homes.create({ modules: { node, py }, autostart: ['node', 'py'] });
    await home.start();
    for (const name of ['node', 'py']) await home.reaches(name, 'running');
    const rpc = await home.rpc();
    const key = 'ticker:日本 😀';
    const value = { price: '64010.5', deep: [null, true, 1.5, 'é\u2028\ud800'] };

    await rpc.callAny('py.set', { key, value, ttl: 60 });
    expect(await rpc.callAny('node.get', { key, near: 60 })).to.deep.equal(value);
    await rpc.callAny('node.set', { key, value: 'from node', ttl: 60 });
    expect(await rpc.callAny('py.get', { key })).to.equal('from node');

    // Eight threads of the one and the other one's call: one load for each module at most.
    const loaded = { from: 'python', load: 1 };
    const eight = await rpc.callAny('py.load', { key: 'loaded', ttl: 60 });
    expect(eight).to.deep.equal(Array.from({ length: 8 }, () => loaded));
    expect(await rpc.callAny('node.load', { key: 'loaded', ttl: 60 })).to.deep.equal(loaded);

    // What one keeps near goes when the other changes it.
    const near = { key: 'near', near: 60 };
    await rpc.callAny('py.set', { key: 'near', value: 1, ttl: 60 });
    await until('it is near', async () => {
      await rpc.callAny('node.get', near);
      const { near_hits: nearHits } = (await rpc.callAny('node.metrics')) as { near_hits: number };
      return nearHits > 0;
    });
    await rpc.callAny('py.set', { key: 'near', value: 2, ttl: 60 });
    await until('it has heard', async () => (await rpc.callAny('node.get', near)) === 2);
    expect(await rpc.callAny('py.delete', { key: 'near' })).to.equal(true);
    await until('it has heard', async () => (await rpc.callAny('node.get', near)) === null);

    const [nan, large, ttl] = (await rpc.callAny('py.refusals')) as string[];
    expect(nan).to.match(/^ValueError: .*not JSON compliant/);
    expect(large).to.include('ValueError: cannot cache').and.to.include('600002 bytes');
    expect(ttl).to.match(/^RpcError: invalid params: ttl/);
    await until('it was checked since', async () => {
      const { modules } = await rpc.call('monitoring.health');
      const said = modules['py']?.details?.details as { loads?: number } | null | undefined;
      return said?.loads === 1;
    });
  });

  it(`does without a daemon that is killed, in Python too, and comes back with the next one${noPython === null ? '' : ` (skipped: ${noPython})`}`, async function () {
    if (noPython !== null) this.skip();
    const home = homes.create({ modules: { py }, autostart: ['py'] });
    const daemon = await home.start();
    const { pid } = await home.reaches('py', 'running');
    await (await home.rpc()).callAny('py.set', { key: 'a', value: 1 });
    process.kill(daemon, 'SIGKILL');
    const said = () => home.storedLines('py').map(({ text }) => text);
    await until('it says that the cache is away', () =>
      said().some((text) => text.startsWith('the cache of the daemon does not answer')),
    );
    await until('the keeper has started another', async () => {
      const { status, stdout } = await home.cli('daemon', 'status', '--json');
      return status === 0 && (JSON.parse(stdout) as { pid: number }).pid !== daemon;
    });
    expect((await home.reaches('py', 'running')).pid).to.equal(pid);
    await until('it is back', () => said().includes('the cache of the daemon answers again'));
    expect(said().filter((text) => text.includes('does not answer'))).to.have.length(1);
    expect(await (await home.rpc()).callAny('py.get', { key: 'a' })).to.equal(null);
  });

  it('refuses keys that are none, takes new limits by a reload, shows its hit rate, is closed before the event bus and forgets all with the daemon (row 71)', async () => {
    const home = homes.create({});
    configureCache(home, { max_size: 2 });
    await home.start();
    const rpc = await home.rpc();
    for (const params of [{ key: '' }, { key: 'x'.repeat(513) }, { key: 1 }, {}, []])
      expect((await rpcFailure(rpc.callAny('cache.get', params))).code).to.equal(-32602);
    expect((await rpcFailure(rpc.callAny('cache.set', { key: 'a' }))).code).to.equal(-32602);
    const { message } = await rpcFailure(rpc.callAny('cache.set', { key: 'a', value: 1, ttl: 0 }));
    expect(message).to.include('ttl');
    for (const key of ['a', 'b', 'c']) await rpc.call('cache.set', { key, value: key });
    const { bytes, ...stats } = await rpc.call('cache.stats');
    expect(stats).to.deep.equal({
      ...{ entries: 2, hits: 0, misses: 0, evictions: 1, hit_rate: 0, cache_hit_rate: 0 },
    });
    expect(bytes).to.equal(8);

    configureCache(home, { max_size: 3, default_ttl: '1ms' });
    const { plan } = await rpc.call('daemon.reload_config');
    expect(plan.map(({ key, reason }) => [key, reason])).to.deep.equal([
      ['infrastructure.cache.default_ttl', 'in force at once'],
      ['infrastructure.cache.max_size', 'in force at once'],
    ]);
    await rpc.call('cache.set', { key: 'd', value: null });
    const miss = { hit: false, value: null };
    await until('it has expired', async () => !(await rpc.call('cache.get', { key: 'd' })).hit);
    await rpc.call('cache.set', { key: 'd', value: null, ttl: 60 });
    const asked = ['b', 'c', 'd', 'a'].map((key) => rpc.call('cache.get', { key }));
    expect(await Promise.all(asked)).to.deep.equal([
      ...[{ hit: true, value: 'b' }, { hit: true, value: 'c' }, { hit: true, value: null }, miss],
    ]);
    const { hits, misses } = await rpc.call('cache.stats');
    const metrics = (await rpc.call('monitoring.metrics')) as MetricFamilies;
    expect(metrics['superbot_cache_hit_rate']?.values[0]?.value).to.equal(hits / (hits + misses));
    expect(metrics['superbot_cache_entries']?.values).to.deep.equal([{ labels: {}, value: 3 }]);

    await home.cli('daemon', 'stop');
    const said = home.storedLines('daemon').map(({ text }) => text);
    const ends = ['RPC closed', 'cache closed', 'event bus closed'];
    expect(said.filter((text) => ends.includes(text))).to.deep.equal(ends);
    await home.start();
    expect(await (await home.rpc()).call('cache.get', { key: 'd' })).to.have.property('hit', false);
  });
});
