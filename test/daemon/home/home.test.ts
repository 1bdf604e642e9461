import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { homePaths, socketPathBytesMax } from '../../../config/paths.ts';
import {
  prepareHome,
  removeDaemonFiles,
  removeRunDir,
  writePrivateFile,
} from '../../../daemon/home/home.ts';
import { keeperFiles, threadSocket } from '../../../daemon/keeper/files.ts';
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
    const longest = threadSocket(homePaths(join(parent, 'x')).runDir, 4_194_303);
    const spare = socketPathBytesMax() - Buffer.byteLength(longest);
    prepareHome(homePaths(join(parent, 'x'.repeat(spare + 1))));
    const tooLong = homePaths(join(parent, 'x'.repeat(spare + 4)));
    const bytesMax = socketPathBytesMax();
    expect(() => prepareHome(tooLong)).to.throw(
      new RegExp(
        `${tooLong.runDir}/t.* has a path of ${bytesMax + 3} bytes, .* allows ${bytesMax} — choose a shorter --home, by 3 at least`,
      ),
    );
    expect(existsSync(tooLong.root)).to.equal(false);
  });

  it('has room for all its sockets where the socket of RPC has room', () => {
    const { runDir, socket } = homePaths('/h');
    const others = [keeperFiles('/h', 99).socket, threadSocket(runDir, 4_194_303)];
    for (const other of others) expect(other.length, other).to.be.at.most(socket.length);
  });

  it('is refused when something stands where a folder or a file of it is to be', () => {
    const { root, ...own } = homePaths('/h');
    const { runDir, logsDir, journalDir, dataDir } = own;
    const { state, endpoint, token, observerToken, daemonPid } = own;
    for (const place of [runDir, logsDir, journalDir, dataDir]) {
      const path = join(folder(), relative(root, place));
      writeFileSync(path, 'x');
      expect(() => prepareHome(homePaths(dirname(path)))).to.throw(
        `"${path}" is not a folder — move away what is in its place`,
      );
    }
    for (const place of [state, endpoint, token, observerToken, daemonPid, `${state}.new`]) {
      const path = join(folder(), relative(root, place));
      mkdirSync(path);
      expect(() => prepareHome(homePaths(dirname(path)))).to.throw(
        `"${path}" is not a file — move away what is in its place`,
      );
    }
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
    expect([...removeDaemonFiles(paths), ...removeRunDir(paths)]).to.deep.equal([]);
    expect([...going, paths.runDir].filter((path) => existsSync(path))).to.deep.equal([]);
    expect(staying.filter((path) => existsSync(path))).to.deep.equal(staying);
  });
});

describe('what a daemon that goes cannot remove', () => {
  const folder = temporaryFolders();

  it('is named, and the rest goes', () => {
    const paths = homePaths(folder());
    prepareHome(paths);
    mkdirSync(paths.endpoint);
    writeFileSync(paths.token, 'x');
    expect(removeDaemonFiles(paths)).to.have.length(1);
    expect(removeDaemonFiles(paths)[0]).to.include(`cannot remove "${paths.endpoint}"`);
    expect(existsSync(paths.token)).to.equal(false);
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
