import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { embeddedDatabase } from '../../../daemon/database/place.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const folder = temporaryFolders();
const platform = 'linux';
const addressOf = (url: string) => {
  const { host, port, user, database, password } = new pg.Client(url);
  return { host, port, user, database, password };
};
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('the place of the embedded database', () => {
  it('is in the data of the home, with a password of its own that stays', () => {
    const dataDir = folder();
    const url = embeddedDatabase(dataDir, { platform, environment: {} });
    const file = join(dataDir, 'database/password');
    const password = readFileSync(file, 'utf8').trim();
    expect(password).to.match(/^[0-9a-f]{48}$/);
    expect([modeOf(file), modeOf(dirname(file))]).to.deep.equal(['600', '700']);
    expect(addressOf(url)).to.deep.equal({
      ...{ host: join(dataDir, 'database'), port: 5432 },
      ...{ user: 'superbot', database: 'superbot', password },
    });
    expect(embeddedDatabase(dataDir, { platform, environment: {} })).to.equal(url);
    rmSync(file);
    expect(embeddedDatabase(dataDir, { platform, environment: {} })).to.not.equal(url);
  });

  it('makes a password anew that was cut off to nothing', () => {
    const dataDir = folder();
    mkdirSync(join(dataDir, 'database'));
    writeFileSync(join(dataDir, 'database/password'), '\n');
    expect(
      addressOf(embeddedDatabase(dataDir, { platform, environment: {} })).password,
    ).to.not.equal('');
  });

  it('has its socket in a short folder when the path of the home is too long for one', () => {
    const dataDir = join(folder(), 'x'.repeat(70));
    const runtime = folder();
    const environment = { XDG_RUNTIME_DIR: runtime };
    const { host } = addressOf(embeddedDatabase(dataDir, { platform, environment }));
    expect(dirname(host)).to.equal(runtime);
    expect(modeOf(host)).to.equal('700');
    expect(statSync(host).uid).to.equal(process.getuid?.());
    const again = embeddedDatabase(dataDir, { platform, environment });
    expect(addressOf(again).host).to.equal(host);
  });

  it('goes into the temporary folder where there is no folder for what runs', () => {
    const dataDir = join(folder(), 'y'.repeat(70));
    const environment = { XDG_RUNTIME_DIR: join(dataDir, 'none') };
    const { host } = addressOf(embeddedDatabase(dataDir, { platform, environment }));
    expect(host).to.match(/^\/tmp\/superbot-[0-9a-f]{16}$/);
    rmSync(host, { recursive: true });
  });

  it('refuses a short folder that others can enter', () => {
    const dataDir = join(folder(), 'z'.repeat(70));
    const environment = { XDG_RUNTIME_DIR: folder() };
    const { host } = addressOf(embeddedDatabase(dataDir, { platform, environment }));
    chmodSync(host, 0o755);
    expect(() => embeddedDatabase(dataDir, { platform, environment })).to.throw(
      /too long .* is not a folder of ours alone, remove it/,
    );
  });

  it('is a port of this host on Windows, the same at every start', () => {
    const dataDir = folder();
    const url = embeddedDatabase(dataDir, { platform: 'win32', environment: {} });
    const { host, port } = addressOf(url);
    expect(host).to.equal('127.0.0.1');
    expect(port).to.be.within(49_152, 65_535);
    expect(embeddedDatabase(dataDir, { platform: 'win32', environment: {} })).to.equal(url);
  });
});
