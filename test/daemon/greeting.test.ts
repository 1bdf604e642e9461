import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { greeting } from '../../daemon/greeting.ts';

const endpoint = 'unix:/any/superbot.sock';
const defaultHome = join(homedir(), '.superbot');

describe('what a person who starts the daemon in a terminal is told', () => {
  it('names the home only where the client would not find it by itself', () => {
    expect(greeting(defaultHome, endpoint)).not.to.contain('--home');
    expect(greeting('/srv/bots', endpoint)).to.contain('--home /srv/bots status');
  });

  it('gives commands that a shell in another folder takes apart as they are meant', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sb-greeting-'));
    try {
      for (const home of ['/srv/bots', "/srv/Ann's bots", '/srv/$HOME `id`']) {
        const command = / {2}(node .*) status {2,}#/.exec(greeting(home, endpoint))?.[1] ?? '';
        const shown = command.replace(/^node/, 'printf "%s\\n"');
        const words = execFileSync('sh', ['-c', shown], { cwd: folder, encoding: 'utf8' });
        expect(words.trimEnd().split('\n').slice(1)).to.deep.equal(['--home', home]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
