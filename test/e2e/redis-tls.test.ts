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

  /** States of a daemon that uses it, once both backends say something like this of it. */
  async function backends(environment: Record<string, string>, why: RegExp) {
    const home = homes.create({ modules: {} });
    Object.assign(home.env, environment);
    const shared = { backend: 'redis', url: redis.tlsUrl };
    const text = JSON.stringify({ infrastructure: { event_bus: shared, cache: shared } });
    writeFileSync(join(home.configDir, 'infrastructure.yaml'), text);
    await home.start();
    const rpc = await home.rpc();
    return until(`both say ${why}`, async () => {
      const { backends: found } = await rpc.call('monitoring.health');
      const all = [found['event_bus'], found['cache']];
      // A try may also end by the reset that follows the refusal.
      return all.every((status) => why.test(String(status?.why))) && all.map((it) => it?.state);
    });
  }

  it('is used where its certificate is known, and otherwise refused with the reason', async () => {
    const known = { NODE_EXTRA_CA_CERTS: join(packageRoot(), 'test/fixtures/tls/cert.pem') };
    const [good, bad] = await Promise.all([backends(known, /^null$/), backends({}, /certificate/)]);
    expect({ good, bad }).to.deep.equal({ good: ['up', 'up'], bad: ['down', 'down'] });
  });
});
