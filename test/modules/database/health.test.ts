import { expect } from 'chai';
import { describe, it } from 'mocha';
import { databaseHealth, judge } from '../../../modules/database/health.ts';
import { testDatabases, whyNoPostgres } from '../../support/postgres.ts';

const figures = {
  ...{ version: '18.4', uptimeS: 61.4, connections: 12, connectionsMax: 200, sizeBytes: 7_800_000 },
};
const gigabyte = 1024 ** 3;

describe("the database module's health", () => {
  it('says how many are connected, how large the database is and since when it runs', () => {
    const { healthy, details } = judge(figures, gigabyte, true);
    expect(healthy).to.equal(true);
    expect(details).to.deep.equal({
      ...{ server: 'embedded', version: '18.4', uptime: 61, connections: 12, connections_max: 200 },
      ...{ size_bytes: 7_800_000, free_bytes: gigabyte },
    });
  });

  it('is bad on a full disk and when connections run out, which no restart mends', () => {
    const full = judge(figures, 5 * 1024 * 1024, true);
    expect(full).to.include({ healthy: false, restartHelps: false });
    expect(full.reason).to.match(/disk of the database is full: 5 MB are free/);
    const busy = judge({ ...figures, connections: 190 }, gigabyte, true);
    expect(busy).to.include({ healthy: false, restartHelps: false });
    expect(busy.reason).to.match(/190 of 200 connections are in use/);
    expect(judge({ ...figures, connections: 180 }, gigabyte, true).healthy).to.equal(true);
  });

  it('of a server that does not answer is bad: a restart may help if it is ours', async () => {
    const url = 'postgresql://nobody@/none?host=%2Fnowhere';
    const others = await databaseHealth({ url, folder: null });
    expect(others).to.include({ healthy: false, restartHelps: false });
    expect(others.reason).to.match(/^the database does not answer: /);
    expect(await databaseHealth({ url, folder: '/tmp' })).to.include({ restartHelps: true });
  });

  describe('of a database that others run', function () {
    const why = whyNoPostgres();
    if (why !== null) return void it.skip(`on this machine: ${why}`);
    const freshDatabase = testDatabases();

    it('has its figures', async () => {
      const { healthy, details } = await databaseHealth({
        url: await freshDatabase(),
        folder: null,
      });
      expect(healthy).to.equal(true);
      expect(details).to.include({ server: 'external' }).and.not.have.property('free_bytes');
      expect(details).to.have.property('size_bytes').above(1_000_000);
    });
  });
});
