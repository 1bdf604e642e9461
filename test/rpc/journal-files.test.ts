import { expect } from 'chai';
import { describe, it } from 'mocha';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal } from '../../rpc/journal-files.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

function line(text: string, data: unknown = {}): string {
  const time = '2026-11-22T03:12:01.000Z';
  return JSON.stringify({ time, module: 'bot', kind: 'state', text, data }) + '\n';
}

describe('the journal of a module', () => {
  const folder = temporaryFolders();

  function texts(dir: string, module = 'bot'): string[] | null {
    return readJournal(dir, module)?.map(({ text }) => text) ?? null;
  }

  it('is read from its oldest part to its newest', () => {
    const dir = folder();
    writeFileSync(join(dir, 'bot.ndjson'), line('d') + line('e'));
    writeFileSync(join(dir, 'bot.ndjson.1'), line('c'));
    writeFileSync(join(dir, 'bot.ndjson.2'), line('b'));
    writeFileSync(join(dir, 'bot.ndjson.10'), line('a'));
    writeFileSync(join(dir, 'bot.ndjson.bak'), line('no part'));
    writeFileSync(join(dir, 'bot2.ndjson'), line('another module'));
    expect(texts(dir)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('is read past torn and damaged lines', () => {
    const dir = folder();
    const damaged = [line('first'), '\u0000\u0000\n', 'null\n', '{"time":1}\n', '[]\n', '\n'];
    const untyped = [line('no data', null), JSON.stringify({ text: 'half' }) + '\n'];
    writeFileSync(join(dir, 'bot.ndjson'), [...damaged, ...untyped, line('last'), '{"ti'].join(''));
    expect(texts(dir)).to.deep.equal(['first', 'last']);
  });

  it('is read from no more than the end of a part that is far too large', () => {
    const dir = folder();
    const filler = '\n'.repeat(2 * 1024 * 1024);
    writeFileSync(join(dir, 'bot.ndjson'), line('first') + filler + line('last'));
    expect(texts(dir)).to.deep.equal(['last']);
  });

  it('does not wait for a pipe in the place of a part', function () {
    if (process.platform === 'win32') this.skip();
    const dir = folder();
    execFileSync('mkfifo', [join(dir, 'bot.ndjson')]);
    writeFileSync(join(dir, 'bot.ndjson.1'), line('before'));
    expect(texts(dir)).to.deep.equal(['before']);
  });

  it('is none where none was written, and a name never becomes a path', () => {
    const dir = folder();
    mkdirSync(join(dir, 'journal'));
    writeFileSync(join(dir, 'bot.ndjson'), line('x'));
    for (const name of ['nobody', '../bot', '', 'constructor', 'bot.ndjson']) {
      expect(texts(join(dir, 'journal'), name), name).to.equal(null);
    }
    expect(texts(join(dir, 'nowhere'))).to.equal(null);
  });
});
