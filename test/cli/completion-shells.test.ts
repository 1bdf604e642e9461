import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { completionScripts, shells } from '../../cli/completion-scripts.ts';
import { startServer, type TestServer } from '../rpc/wire.ts';
import { BundledCli, ended } from './bundle.ts';
import { completing, whyNoShell } from './completion-shells.ts';
import { moduleStatus } from './statuses.ts';

describe('completion in a shell', () => {
  const cli = new BundledCli();
  let server: TestServer;

  before(async () => {
    const { home } = cli;
    const modules = ['trading', 'tracker', 'market'].map((module) => moduleStatus({ module }));
    const methods = ['module.start', 'module.stop', 'trading.secret'];
    server = await startServer({
      handlers: {
        'module.list': () => ({ modules }),
        'rpc.discover': () => ({ openrpc: '1.3.2', methods: methods.map((name) => ({ name })) }),
      },
    });
    writeFileSync(join(home, 'endpoint'), server.endpoint);
    mkdirSync(join(home, 'bin'));
    mkdirSync(join(home, 'folder'));
    const program = join(home, 'bin', 'superbot-cli');
    const script = `#!/bin/sh\nexec '${process.execPath}' '${cli.program}' "$@"\n`;
    writeFileSync(program, script);
    chmodSync(program, 0o755);
  });
  after(() => server.stop());

  for (const shell of shells) {
    const skipped = whyNoShell(shell);
    const why = skipped === null ? '' : ` (skipped: ${skipped})`;
    (skipped === null ? describe : describe.skip)(`${shell}${why}`, () => {
      /** Not with spawnSync: the server that answers is in this process. */
      async function offered(line: string, more: Record<string, string> = {}) {
        const { args, env, read } = completing[shell](`superbot-cli ${line}`);
        const { home } = cli;
        const PATH = `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`;
        const child = spawn(shell, args, {
          cwd: home,
          env: { PATH, HOME: home, SUPERBOT_HOME: home, ...env, ...more },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const { stdout, stderr } = await ended(child);
        expect(stderr).to.equal('');
        return read(stdout).map(bare);
      }

      const offers: [line: string, words: string[]][] = [
        ['mod', ['module']],
        ['module st', ['start', 'stop', 'status']],
        ['module start tr', ['trading', 'tracker']],
        ['rpc call trading.', ['trading.secret']],
        ['logs --level=w', ['warn']],
        ['--home fol', ['folder']],
        ['--home=fol', ['folder']],
        ['module start nobody', []],
      ];
      for (const [line, words] of offers) {
        it(`offers ${words.join(', ') || 'nothing'} after "${line}"`, async () => {
          expect(await offered(line)).to.have.members(words);
        });
      }

      it('offers no modules without a daemon, and the commands all the same', async () => {
        const env = { SUPERBOT_HOME: join(cli.home, 'nowhere') };
        expect(await offered('module start t', env)).to.deep.equal([]);
        expect(await offered('daemon sta', env)).to.have.members(['start', 'status']);
      });
    });
  }

  it('says nothing and ends with 0 when a daemon listens but never answers', async () => {
    const mute = await startServer({
      handlers: { 'module.list': () => new Promise<never>(() => undefined) },
    });
    try {
      const { status, stdout, stderr } = await cli.run(
        ['__complete', '--', '--socket', mute.endpoint, 'start', ''],
        { SUPERBOT_HOME: cli.home },
      );
      expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    } finally {
      await mute.stop();
    }
  });

  it('prints the script for each shell', async () => {
    for (const shell of shells) {
      const { stdout } = await cli.run(['completion', shell]);
      expect(stdout, shell).to.equal(completionScripts[shell]);
    }
  });
});

/** Shells differ in what they show of a folder, and of a word with "=" in it. */
function bare(word: string): string {
  return word.replace(/^--[a-z]+=/, '').replace(/\/$/, '');
}
