import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import { programs } from '../support/programs.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

/** Everything is printed before there is a connection, or without one. */
const commands = [
  { program: 'superbot-cli', args: '--help', status: 0 },
  { program: 'superbot-cli', args: 'completion bash', status: 0 },
  { program: 'superbot-cli', args: 'config show', status: 0 },
  { program: 'superbot-cli', args: 'daemon status', status: 3 },
  { program: 'superbot-cli', args: 'no-such-command --json', status: 2 },
  { program: 'superbot', args: '--help', status: 0 },
  { program: 'superbot', args: '--check --print', status: 0 },
] as const;

describe('a command whose reader has gone', () => {
  const newFolder = temporaryFolders();

  for (const { program, args, status } of commands) {
    it(`ends quietly all the same: ${program} ${args}`, async () => {
      for (const unread of ['stdout', 'stderr'] as const) {
        const pipe = unreadPipe();
        const ending = await run(program, args, { unread, pipe });
        closeSync(pipe);
        expect(ending, `without ${unread}`).to.include({ status });
        expect(ending.said).not.to.match(/EPIPE|^ +at /m);
      }
    });
  }

  it('exits 1 and says why where its output cannot be written', async function () {
    if (process.platform !== 'linux') this.skip();
    const full = openSync('/dev/full', constants.O_WRONLY);
    const { status, said } = await run('superbot-cli', '--help', { unread: 'stdout', pipe: full });
    closeSync(full);
    expect(status).to.equal(1);
    expect(said).to.contain('cannot write the output: ENOSPC');
  });

  /** @returns what came where it is read: the other one of stdout and stderr */
  async function run(
    program: 'superbot' | 'superbot-cli',
    args: string,
    { unread, pipe }: { unread: 'stdout' | 'stderr'; pipe: number },
  ): Promise<{ status: number | null; said: string }> {
    const isStdout = unread === 'stdout';
    const file = program === 'superbot' ? programs.daemon : programs.cli;
    const child = spawn(process.execPath, [file, ...args.split(' ')], {
      env: {
        PATH: process.env['PATH'],
        SUPERBOT_HOME: newFolder(),
        SUPERBOT_CONFIG: join(packageRoot(), 'config'),
      },
      stdio: ['ignore', isStdout ? pipe : 'pipe', isStdout ? 'pipe' : pipe],
    });
    const read = isStdout ? child.stderr! : child.stdout!;
    const [said, [status]] = await Promise.all([
      text(read),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { status, said };
  }

  /** The end for writing of a pipe that nobody can read from. */
  function unreadPipe(): number {
    const path = join(newFolder(), 'pipe');
    execFileSync('mkfifo', [path]);
    // Nobody can open it for writing alone before somebody reads.
    const both = openSync(path, constants.O_RDWR);
    const end = openSync(path, constants.O_WRONLY);
    closeSync(both);
    return end;
  }
});
