import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { completeLine, type Completion } from '../../cli/completion.ts';
import { completionScripts, shells } from '../../cli/completion-scripts.ts';
import { createProgram } from '../../cli/program.ts';
import { startServer, type TestServer } from '../rpc/wire.ts';
import { bundleCli, ended, type BundledCli } from './bundle.ts';
import { moduleStatus } from './statuses.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

describe('what may come next on a command line', () => {
  const program: Command = createProgram(() => Promise.resolve());
  const lines: [string, Completion][] = [
    ['module start ', { kind: 'modules' }],
    ['module start trading ', { kind: 'modules' }],
    ['module start --no-wait tr', { kind: 'modules' }],
    ['--json start tr', { kind: 'modules' }],
    ['start -- tr', { kind: 'modules' }],
    ['rpc call ', { kind: 'methods' }],
    ['rpc call module.start ', { kind: 'nothing' }],
    ['logs -m ', { kind: 'modules' }],
    ['logs --module=x ', { kind: 'nothing' }],
    ['logs --level ', { kind: 'words', words: levels }],
    ['logs --level = in', { kind: 'words', words: levels }],
    ['completion ', { kind: 'words', words: [...shells] }],
    ['--home ', { kind: 'files' }],
    ['daemon start --config ', { kind: 'files' }],
    ['daemon status ', { kind: 'nothing' }],
    ['module start --param a', { kind: 'nothing' }],
  ];
  for (const [line, expected] of lines) {
    it(`after "${line}" is ${JSON.stringify(expected)}`, () => {
      expect(completeLine(program, line.split(' ')).completion).to.deep.equal(expected);
    });
  }

  it('is every command that the help shows, and none that it hides', () => {
    const { completion } = completeLine(program, ['']);
    const shown = program.commands
      .map((command) => command.name())
      .filter((name) => name !== '__complete');
    expect(completion).to.deep.equal({ kind: 'words', words: shown });
    expect(shown).to.include.members(['daemon', 'module', 'logs', 'rpc', 'start']);
  });

  it('is after a dash every option of the command and of those above it', () => {
    const { completion } = completeLine(program, ['logs', '--f']);
    expect(completion).to.have.property('words').that.includes.members(['--follow', '--json']);
  });

  it('is asked of the daemon that the line itself names', () => {
    const words = ['--home', '/a', 'module', 'start', '--socket=/b.sock', ''];
    expect(completeLine(program, words)).to.include({ home: '/a', socket: '/b.sock' });
  });
});

describe('completion in a shell', () => {
  let cli: BundledCli;
  let server: TestServer;
  let home: string;
  let bin: string;
  before(async () => {
    cli = await bundleCli();
    home = await mkdtemp(join(tmpdir(), 'sb-home-'));
    const modules = ['trading', 'tracker', 'market'].map((module) => moduleStatus({ module }));
    server = await startServer({
      handlers: {
        'module.list': () => ({ modules }),
        'rpc.discover': () => ({
          openrpc: '1.3.2',
          methods: ['module.start', 'module.stop', 'trading.secret'].map((name) => ({ name })),
        }),
      },
    });
    await writeFile(join(home, 'endpoint'), server.endpoint);
    bin = join(home, 'bin');
    await mkdir(bin);
    const program = join(bin, 'superbot-cli');
    const script = `#!/bin/sh\nexec '${process.execPath}' '${cli.dir}/cli/superbot-cli.js' "$@"\n`;
    await writeFile(program, script);
    await chmod(program, 0o755);
    await mkdir(join(home, 'folder'));
  });
  after(async () => {
    await cli.remove();
    await server.stop();
    await rm(home, { recursive: true });
  });

  /** What bash would offer for this line, with the cursor at its end. */
  async function inBash(line: string, env: Record<string, string> = {}) {
    const words = line.split(' ');
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = [
      'source <(superbot-cli completion bash)',
      `COMP_WORDS=(superbot-cli ${quoted}); COMP_CWORD=${words.length}`,
      `_superbot_cli superbot-cli '${words.at(-1) ?? ''}'`,
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    return runIn('bash', ['--norc', '--noprofile', '-c', script], env);
  }

  // Not spawnSync: the server that answers is in this process.
  async function runIn(shell: string, args: string[], env: Record<string, string> = {}) {
    const child = spawn(shell, args, {
      cwd: home,
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, SUPERBOT_HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = await ended(child);
    return { lines: stdout.split('\n').filter((text) => text !== ''), stderr };
  }

  const offers: [string, string[]][] = [
    ['mod', ['module']],
    ['module st', ['start', 'stop', 'status']],
    ['module start tr', ['trading', 'tracker']],
    ['rpc call trading.', ['trading.secret']],
    ['rpc call module.st', ['module.start', 'module.stop']],
    ['logs --level = w', ['warn']],
    ['--home fol', ['folder']],
    ['module start nobody', []],
  ];
  for (const [line, expected] of offers) {
    it(`offers in bash ${expected.join(', ') || 'nothing'} after "${line}"`, async () => {
      const { lines, stderr } = await inBash(line);
      expect(lines).to.have.members(expected);
      expect(stderr).to.equal('');
    });
  }

  it('is silent in bash when no daemon runs, and still knows the commands', async () => {
    const env = { SUPERBOT_HOME: join(home, 'nowhere') };
    expect(await inBash('module start ', env)).to.deep.equal({ lines: [], stderr: '' });
    expect((await inBash('daemon sta', env)).lines).to.have.members(['start', 'status']);
  });

  it('says nothing and ends with 0 when a daemon listens but never answers', async () => {
    const mute = await startServer({
      handlers: { 'module.list': () => new Promise<never>(() => undefined) },
    });
    try {
      const { status, stdout, stderr } = await cli.run(
        ['__complete', '--', '--socket', mute.endpoint, 'start', ''],
        { SUPERBOT_HOME: home },
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

  for (const [shell, args] of [
    ['zsh', ['-n', '-c']],
    ['fish', ['--no-execute', '-c']],
  ] as const) {
    it(`gives ${shell} a script that it can read`, function () {
      const { error, status, stderr } = spawnSync(shell, [...args, completionScripts[shell]], {
        encoding: 'utf8',
      });
      if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
        this.test!.title += ` (skipped: ${shell} is not installed)`;
        this.skip();
      }
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    });
  }
});
