import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths, socketPathBytesMax } from '../../../config/paths.ts';
import {
  prepareHome,
  removeDaemonFiles,
  removeRunDir,
  writePrivateFile,
} from '../../../daemon/home/home.ts';
import { keeperFiles } from '../../../daemon/keeper/files.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('the home directory', () => {
  const folder = temporaryFolders();

  it('is made with its folders, for nobody but its owner', () => {
    const paths = homePaths(join(folder(), 'not', 'yet', 'there'));
    prepareHome(paths);
    for (const dir of [paths.root, paths.runDir, paths.logsDir, paths.journalDir, paths.dataDir]) {
      expect(modeOf(dir), dir).to.equal(0o700);
    }
  });

  it('closes folders in it that somebody opened', () => {
    const paths = homePaths(folder());
    mkdirSync(paths.logsDir, { mode: 0o755 });
    prepareHome(paths);
    expect(modeOf(paths.logsDir)).to.equal(0o700);
  });

  for (const mode of [0o701, 0o710, 0o704, 0o740, 0o755, 0o777]) {
    it(`is refused with mode ${mode.toString(8)}, and not touched`, () => {
      const root = folder();
      chmodSync(root, mode);
      expect(() => prepareHome(homePaths(root))).to.throw(`run: chmod 700 "${root}"`);
      expect(modeOf(root)).to.equal(mode);
      expect(existsSync(join(root, 'run'))).to.equal(false);
    });
  }

  it('is refused exactly when its longest socket would not fit', () => {
    const parent = folder();
    const spare = socketPathBytesMax() - Buffer.byteLength(keeperFiles(join(parent, 'x')).socket);
    prepareHome(homePaths(join(parent, 'x'.repeat(spare + 1))));
    const tooLong = homePaths(join(parent, 'x'.repeat(spare + 2)));
    expect(() => prepareHome(tooLong)).to.throw('choose a shorter --home');
    expect(existsSync(tooLong.root)).to.equal(false);
  });

  it('is refused with advice when a file is in its place', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(() => prepareHome(homePaths(file))).to.throw(/cannot use the home .* choose a --home/);
  });

  it('loses what a daemon leaves behind no longer, and nothing else', () => {
    const paths = homePaths(folder());
    prepareHome(paths);
    const going = [paths.endpoint, paths.token, paths.observerToken, paths.daemonPid];
    const staying = [paths.state, paths.modulePid('trading'), join(paths.dataDir, 'mine')];
    for (const path of [...going, ...staying]) writeFileSync(path, 'x');
    removeDaemonFiles(paths);
    removeDaemonFiles(paths);
    removeRunDir(paths);
    expect([...going, paths.runDir].filter((path) => existsSync(path))).to.deep.equal([]);
    expect(staying.filter((path) => existsSync(path))).to.deep.equal(staying);
  });
});

describe('a private file', () => {
  const folder = temporaryFolders();

  it('replaces the one before it as a whole and is readable by its owner only', () => {
    const path = join(folder(), 'token');
    writeFileSync(path, 'an old and longer text', { mode: 0o644 });
    writePrivateFile(path, 'new');
    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(modeOf(path)).to.equal(0o600);
    expect(existsSync(`${path}.new`)).to.equal(false);
  });
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
