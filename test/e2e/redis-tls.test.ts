import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import { TestRedis, whyNoRedisTls } from '../support/redis.ts';
import { temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

describe('a Redis behind TLS', function () {
  const why = whyNoRedisTls();
  if (why !== null) return void it.skip(`is used: ${why}`);
  const homes = temporaryHomes();
  let redis: TestRedis;
  before(async () => {
    redis = await TestRedis.startWithTls();
  });
  after(() => redis.dispose());

  /** Of a daemon that uses it, once it is known. */
  async function backends(environment: Record<string, string>) {
    const home = homes.create({ modules: {} });
    Object.assign(home.env, environment);
    const shared = { backend: 'redis', url: redis.tlsUrl };
    const text = JSON.stringify({ infrastructure: { event_bus: shared, cache: shared } });
    writeFileSync(join(home.configDir, 'infrastructure.yaml'), text);
    await home.start();
    const rpc = await home.rpc();
    return until('it is known', async () => {
      const { backends: found } = await rpc.call('monitoring.health');
      const all = [found['event_bus'], found['cache']];
      return all.every((status) => status?.why !== 'it was not reached yet') ? all : undefined;
    });
  }

  it('is used where its certificate is known, and otherwise refused with the reason', async () => {
    const known = { NODE_EXTRA_CA_CERTS: join(packageRoot(), 'test/fixtures/tls/cert.pem') };
    const [good, bad] = await Promise.all([backends(known), backends({})]);
    expect(good.map((status) => status?.state)).to.deep.equal(['up', 'up']);
    expect(bad.map((status) => status?.state)).to.deep.equal(['down', 'down']);
    for (const status of bad) expect(status?.why).to.match(/certificate/);
  });
});
