import { expect } from 'chai';
import { describe, it } from 'mocha';
import { appendFileSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Journal } from '../../../daemon/journal/journal.ts';
import type { Transition } from '../../../daemon/supervisor/context.ts';
import { journalRule, readJournal } from '../../../rpc/journal-files.ts';
import { moduleStatus } from '../../cli/statuses.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const status = moduleStatus({ reason: null });
const ready: Transition = {
  module: 'bot',
  event: 'ready',
  from: 'starting',
  to: 'running',
  cause: null,
  status,
  maxRestarts: 5,
};
const failed: Transition = {
  ...ready,
  event: 'give_up',
  to: 'failed',
  status: { ...status, state: 'failed', reason: 'restart_limit', last_error: 'exited with code 7' },
};

describe('the event journal', () => {
  const folder = temporaryFolders();

  function open(dir: string) {
    const logged: { level: number; module: string; msg: string }[] = [];
    const write = (line: string) => logged.push(JSON.parse(line) as (typeof logged)[number]);
    const clock = new FakeClock();
    const journal = new Journal({ dir, system: clock, log: pino({}, { write }) });
    const texts = (module = 'bot') => readJournal(dir, module)?.map(({ text }) => text) ?? null;
    return { clock, journal, logged, texts };
  }

  it('has an entry in its file as soon as it was told', () => {
    const { journal, texts } = open(folder());
    journal.transition(ready);
    expect(texts()).to.deep.equal(['running, pid 4121']);
    journal.occurrence('bot', {
      kind: 'asked',
      wish: { kind: 'down', until: null },
      cause: { by: 'operator', method: 'module.stop' },
    });
    expect(texts()?.at(-1)).to.equal('the operator, by module.stop: stop');
  });

  it('keeps files open that it writes to, for a second, but not those of any number of modules', async function () {
    if (process.platform !== 'linux') this.skip();
    const dir = folder();
    const { clock, journal, texts } = open(dir);
    const openFiles = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => linkOf(fd)?.startsWith(dir)).length;
    for (let round = 1; round <= 2; round++) {
      for (let i = 0; i < 300; i++) journal.transition({ ...ready, module: `bot${i}` });
      expect(openFiles()).to.equal(128);
      await clock.advance(1000);
      expect(openFiles()).to.equal(0);
    }
    for (let i = 0; i < 300; i++) expect(texts(`bot${i}`)).to.have.length(2);
  });

  it('goes on where the last daemon ended, also after half a line', () => {
    const dir = folder();
    open(dir).journal.transition(ready);
    appendFileSync(join(dir, 'bot.ndjson'), '{"time":"2026-1');
    const { journal, texts } = open(dir);
    journal.transition(failed);
    expect(texts()).to.have.length(2);
    expect(texts()?.[0]).to.equal('running, pid 4121');
  });

  it('has an alert after what it is about, and those of the daemon in a file of its own', () => {
    const { journal, texts } = open(folder());
    const text = 'critical: bot has failed (restart_limit): exited with code 7';
    journal.transition(failed);
    journal.alert('bot', { severity: 'critical', type: 'restart_limit', text });
    expect(texts()).to.deep.equal(['failed: it has used up its restarts', text]);
    journal.alert('daemon', { severity: 'critical', type: 'restart_storm', text: 'too many' });
    expect(texts('daemon')).to.deep.equal(['too many']);
  });

  it('keeps a module within its bound, and another one’s entries beside it', () => {
    const dir = folder();
    const { journal, texts } = open(dir);
    journal.transition({ ...ready, module: 'quiet' });
    const output = Array.from({ length: 20 }, () => 'x'.repeat(500));
    const at = '2026-11-22T03:00:00.000Z';
    const exit = { code: 7, signal: null, reason: null, at, uptimeMs: 5, output, seq: 20 };
    for (let n = 0; n < 200; n++) journal.occurrence('bot', { kind: 'exit', exit, asked: false });
    const parts = readdirSync(dir).filter((name) => name.startsWith('bot.'));
    expect(parts).to.have.length(journalRule.keep + 1);
    for (const name of parts) {
      expect(statSync(join(dir, name)).size).to.be.at.most(journalRule.maxSizeBytes);
    }
    expect(texts()?.length).to.be.within(50, 199);
    expect(texts('quiet')).to.have.length(1);
  });

  it('stops nothing on a full disk, counts what it loses, and says so when it writes again', function () {
    if (process.platform !== 'linux') this.skip();
    const dir = folder();
    const path = join(dir, 'bot.ndjson');
    symlinkSync('/dev/full', path);
    const { journal, logged, texts } = open(dir);
    journal.transition(ready);
    journal.transition(failed);
    expect(logged.filter(({ msg }) => msg === 'cannot write the journal')).to.have.length(1);
    rmSync(path);
    journal.transition(ready);
    expect(texts()).to.deep.equal([
      '2 entries before this could not be written',
      'running, pid 4121',
    ]);
    journal.transition(ready);
    expect(texts()).to.have.length(3);
  });
});

/** Null for the descriptor of the listing itself, which is gone. */
function linkOf(fd: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}
