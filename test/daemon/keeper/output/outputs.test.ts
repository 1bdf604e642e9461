import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { close, closeSync, mkdirSync, open, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Outputs } from '../../../../daemon/keeper/output/outputs.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const log = { maxSizeBytes: 1024 * 1024, keep: 1, overflow: 'block' } as const;

describe('who follows the output of modules', () => {
  const folder = temporaryFolders();

  it('is answered when what was read before is in the file, also what waits for a slow disk', async () => {
    const dir = folder();
    const [runDir, logsDir] = [join(dir, 'run'), join(dir, 'logs')];
    for (const path of [runDir, logsDir]) mkdirSync(path);
    const release = blockableThreads(dir);
    let onTaken: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (onTaken = resolve));
    const outputs = new Outputs({
      runDir,
      logsDir,
      warn: (text) => expect.fail(text),
      // Before the line's own write begins.
      onLine: () => {
        release.block();
        onTaken();
      },
    });
    await outputs.follow(['bot']);
    const child = outputs
      .of({ name: 'bot', log })
      .connect(({ stdout, stderr }) =>
        spawn('echo', ['ready'], { stdio: ['ignore', stdout, stderr] }),
      );
    const exited = once(child, 'exit');
    await taken;
    let isAnswered = false;
    const answer = outputs.follow(['bot']).finally(() => (isAnswered = true));
    await turn();
    expect(isAnswered, 'before the line is stored').to.equal(false);
    release.open();
    expect(await answer).to.deep.equal({ bot: 1 });
    expect(readFileSync(join(logsDir, 'bot.log'), 'utf8')).to.contain('"text":"ready"');
    await exited;
    await outputs.close();
  });
});

/** Stands in for a slow disk: all threads that write to files wait for the other end of a pipe. */
function blockableThreads(dir: string): { block: () => void; open: () => void } {
  const count = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  const pipes = Array.from({ length: count }, (_, at) => join(dir, `pipe-${at}`));
  execFileSync('mkfifo', pipes);
  return {
    block: () => {
      for (const pipe of pipes)
        open(pipe, 'r', (error, fd) => {
          if (error) throw error;
          close(fd);
        });
    },
    open: () => {
      for (const pipe of pipes) closeSync(openSync(pipe, 'w'));
    },
  };
}
