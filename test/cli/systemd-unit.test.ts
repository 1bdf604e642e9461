import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  escapePath,
  quoteArgument,
  programWords,
  quoteWord,
  servesHome,
  unitNames,
  unitText,
  type UnitFacts,
} from '../../cli/systemd-unit.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { execStartOf } from '../support/systemd-words.ts';

const seed = 20261122;

const facts: UnitFacts = {
  scope: 'user',
  node: '/usr/bin/node',
  nodeFlags: ['--optimize-for-size'],
  program: '/opt/superbot/dist/daemon/main.js',
  home: '/home/ann/.superbot',
  configDir: null,
  searchPath: '/usr/bin:/bin',
  shutdownTimeoutMs: 30_000,
  uid: null,
};

describe('the systemd unit', () => {
  it('stops and restarts the daemon alone, and gives it time to stop its modules', () => {
    const lines = unitText({ ...facts, shutdownTimeoutMs: 1500 }).split('\n');
    expect(lines).to.include.members([
      'ExecStart="/usr/bin/node" "--optimize-for-size" "/opt/superbot/dist/daemon/main.js" "--home" "/home/ann/.superbot"',
      'KillMode=process',
      'Restart=on-failure',
      'RestartForceExitStatus=75',
      'TimeoutStopSec=17',
      'Delegate=yes',
      'OOMPolicy=continue',
      'Environment=SUPERBOT_SYSTEMD=1',
      'WantedBy=default.target',
    ]);
    expect(lines.filter((line) => line.startsWith('User='))).to.deep.equal([]);
  });

  it('of the machine runs as the owner of the home, after the network', () => {
    const lines = unitText({ ...facts, scope: 'system', uid: 1000 }).split('\n');
    expect(lines).to.include.members([
      'User=1000',
      'After=network-online.target',
      'WantedBy=multi-user.target',
    ]);
  });

  it('names the configuration directory only where it would not be found again', () => {
    const { words } = execStartOf(unitText({ ...facts, configDir: '/etc/my bots' }));
    expect(words.slice(-2)).to.deep.equal(['--config', '/etc/my bots']);
    expect(unitText(facts)).not.to.include('--config');
  });

  const quoted: readonly (readonly [string, string])[] = [
    ['/plain/path', '"/plain/path"'],
    ['/with a space', '"/with a space"'],
    ['/100%', '"/100%%"'],
    ['/%h/%%', '"/%%h/%%%%"'],
    ['/a"b', String.raw`"/a\"b"`],
    ["/a'b", `"/a'b"`],
    ['/a\\b', String.raw`"/a\\b"`],
    ['/a\nb\tc', String.raw`"/a\x0ab\x09c"`],
    ['/größe', '"/größe"'],
    ['', '""'],
  ];
  for (const [word, expected] of quoted) {
    it(`writes ${JSON.stringify(word)} as ${expected}`, () => {
      expect(quoteWord(word)).to.equal(expected);
    });
  }

  it('doubles a dollar in arguments, where it begins a variable, and not in the program', () => {
    expect(quoteArgument('/a$HOME/${x}/$$')).to.equal('"/a$$HOME/$${x}/$$$$"');
    expect(programWords('/a$b')).to.equal('"/a$b"');
  });

  it('has a shell start a program that systemd refuses to start', () => {
    const text = unitText({ ...facts, node: `/it's/node` });
    const { program, words } = execStartOf(text);
    expect([program, ...words.slice(0, 3)]).to.deep.equal([
      '/bin/sh',
      '-c',
      'exec "$0" "$@"',
      `/it's/node`,
    ]);
  });

  it(`gives systemd back whatever the paths are (seed ${seed})`, () => {
    const path = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    // A NUL can be in no path.
    const usable = path.filter((text) => !text.includes('\0')).map((text) => `/${text}`);
    fc.assert(
      fc.property(usable, usable, usable, (node, home, configDir) => {
        const text = unitText({ ...facts, node, home, configDir });
        const { program, words } = execStartOf(text);
        expect(program === '/bin/sh' ? words[2] : program).to.equal(node);
        expect(words.slice(-4)).to.deep.equal(['--home', home, '--config', configDir]);
        expect(servesHome(text, home)).to.equal(true);
        expect(servesHome(text, `${home}x`)).to.equal(false);
      }),
      { seed, numRuns: 100 },
    );
  });

  for (const [scope, dir] of [
    ['user', `a %h "b" 'c' \\d $e`],
    ['system', 'a %h $e größe'],
  ] as const) {
    it(`satisfies systemd-analyze verify as a ${scope} unit in "${dir}"`, function () {
      if (spawnSync('systemd-analyze', ['--version']).error !== undefined) {
        if (this.test) this.test.title += ' (skipped: systemd-analyze is not installed)';
        this.skip();
      }
      const { file, text } = awkwardUnit(scope, join(folder(), dir));
      writeFileSync(file, text);
      const { status, stdout, stderr } = verify(file);
      expect(`${stdout.toString()}${stderr.toString()}`).to.equal('');
      expect(status).to.equal(0);
      // What it would say of words that are quoted wrongly.
      writeFileSync(file, text.replace('"--home"', '"--home'));
      expect(verify(file).status).not.to.equal(0);
    });
  }

  const folder = temporaryFolders();
});

describe("the name of a home's unit", () => {
  it('is short, or one that no other home can have', () => {
    expect(unitNames('/srv/bots/a-b')).to.deep.equal([
      'superbot.service',
      String.raw`superbot-srv-bots-a\x2db.service`,
    ]);
  });

  it(`is what systemd-escape makes of the path (seed ${seed})`, function () {
    if (spawnSync('systemd-escape', ['--version']).error !== undefined) {
      if (this.test) this.test.title += ' (skipped: systemd-escape is not installed)';
      this.skip();
    }
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    const paths = fc.sample(
      fc.array(
        word.filter((text) => !/^\.{1,2}$|[/\0\n]/.test(text)),
        { minLength: 1, maxLength: 4 },
      ),
      { seed, numRuns: 100 },
    );
    const given = paths.map((parts) => `/${parts.join('/')}`);
    const { stdout } = spawnSync('systemd-escape', ['--path', '--', ...given], {
      encoding: 'utf8',
    });
    expect(given.map(escapePath)).to.deep.equal(stdout.trim().split(' '));
  });
});

/** With a program, a home and a configuration that exist under names which systemd has words for. */
function awkwardUnit(scope: 'user' | 'system', dir: string): { file: string; text: string } {
  mkdirSync(dir);
  const node = join(dir, 'node');
  writeFileSync(node, '#!/bin/sh\n');
  chmodSync(node, 0o755);
  const uid = scope === 'system' ? 65_534 : null;
  const text = unitText({ ...facts, scope, node, program: join(dir, 'x'), home: dir, uid });
  return { file: join(dir, '..', 'superbot.service'), text };
}

function verify(file: string) {
  return spawnSync('systemd-analyze', ['verify', '--man=no', file], { timeout: 30_000 });
}
