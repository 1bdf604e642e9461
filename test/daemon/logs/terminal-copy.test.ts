import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { compiledTree } from '../../support/programs.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const writer = join(compiledTree, 'test/fixtures/terminal-writer.js');

describe('the copy of the log on a terminal', () => {
  const folder = temporaryFolders();

  it('drops what a full pipe does not take, whole lines, and says how many', async () => {
    const path = join(folder(), 'pipe');
    execFileSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const child = spawn(process.execPath, [writer], { stdio: ['pipe', pipe, 'pipe'] });
    try {
      // With a writer that waits for the pipe this would never come.
      await once(child.stderr!, 'data');
      const shown = drain(pipe).trimEnd().split('\n');
      expect(shown).to.deep.equal(shown.map((_, n) => `line ${n + 1}`));
      expect(shown.length).to.be.lessThan(100_000);

      child.stdin!.write('\n');
      let text = '';
      await until('the next line is shown', () => (text += drain(pipe)).includes('line 100001'));
      expect(text).to.equal(
        `(${100_000 - shown.length} log lines not shown: the terminal was blocked)\nline 100001\n`,
      );
    } finally {
      child.kill('SIGKILL');
      closeSync(pipe);
    }
  });
});

/** All that is in the pipe now. */
function drain(fd: number): string {
  const chunk = Buffer.alloc(1024 * 1024);
  let text = '';
  for (;;) {
    try {
      text += chunk.toString('utf8', 0, readSync(fd, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
      throw error;
    }
  }
}
