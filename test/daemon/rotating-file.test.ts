import { expect } from 'chai';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { RotatingFile } from '../../daemon/rotating-file.ts';

describe('a rotating file', () => {
  let dir: string;
  let path: string;
  let file: RotatingFile;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rotating-'));
    path = join(dir, 'a.log');
    file = new RotatingFile(path, { maxSizeBytes: 10, keep: 2 });
  });
  afterEach(() => {
    file.close();
    rmSync(dir, { recursive: true });
  });

  function append(text: string): void {
    writeSync(file.prepare(text.length), text);
    file.wrote(text.length);
  }

  function contents(): Record<string, string> {
    const names = readdirSync(dir).sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
  }

  it('is renamed before it grows over its size, and as many are kept as the rule says', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) append(`line${n}\n`);
    for (const n of [1, 2]) append(`more${n}\n`);
    const { maxSizeBytes } = file.rule;
    for (const text of Object.values(contents())) expect(text.length).to.be.at.most(maxSizeBytes);
    expect(contents()).to.deep.equal({
      'a.log': 'more2\n',
      'a.log.1': 'more1\n',
      'a.log.2': 'line8\n',
    });
  });

  it('takes a line longer than its size rather than losing it', () => {
    append('a\n');
    append('longer than ten\n');
    append('b\n');
    expect(contents()).to.deep.equal({
      'a.log': 'b\n',
      'a.log.1': 'longer than ten\n',
      'a.log.2': 'a\n',
    });
  });

  it('goes on where an earlier process stopped', () => {
    writeFileSync(path, '12345\n');
    append('678\n');
    append('9\n');
    expect(contents()).to.deep.equal({ 'a.log': '9\n', 'a.log.1': '12345\n678\n' });
  });

  it('ends a line that an earlier process left torn', () => {
    writeFileSync(path, '{"se');
    append('ab\n');
    expect(contents()).to.deep.equal({ 'a.log': '{"se\nab\n' });
  });

  it('keeps none when the rule says so, and removes what a larger rule had kept', () => {
    for (const n of [1, 2, 3]) append(`1234567${n}\n`);
    expect(Object.keys(contents())).to.deep.equal(['a.log', 'a.log.1', 'a.log.2']);
    file.rule = { maxSizeBytes: 10, keep: 0 };
    append('12345678\n');
    expect(contents()).to.deep.equal({ 'a.log': '12345678\n' });
  });

  it('is made anew when somebody removed or moved it', () => {
    append('one\n');
    rmSync(path);
    append('two\n');
    expect(contents()).to.deep.equal({ 'a.log': 'two\n' });
    renameSync(path, join(dir, 'moved'));
    append('three\n');
    expect(contents()).to.deep.equal({ 'a.log': 'three\n', moved: 'two\n' });
  });

  it('is made anew with its folder, but not with what that is in', () => {
    file.close();
    const folder = join(dir, 'logs');
    file = new RotatingFile(join(folder, 'a.log'), { maxSizeBytes: 10, keep: 2 });
    append('one\n');
    rmSync(folder, { recursive: true });
    append('two\n');
    expect(readFileSync(file.path, 'utf8')).to.equal('two\n');
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    file.close();
    renameSync(dir, `${dir}-moved`);
    expect(() => append('three\n')).to.throw('ENOENT');
    renameSync(`${dir}-moved`, dir);
  });

  it('goes on where it is when all that it lies in is moved away, and rotates once that is back', () => {
    file.close();
    file = new RotatingFile(join(dir, 'logs', 'a.log'), { maxSizeBytes: 10, keep: 2 });
    append('one\n');
    renameSync(dir, `${dir}-moved`);
    append('two\n');
    append('three\n');
    renameSync(`${dir}-moved`, dir);
    append('four\n');
    expect(readFileSync(file.path, 'utf8')).to.equal('four\n');
    expect(readFileSync(`${file.path}.1`, 'utf8')).to.equal('one\ntwo\nthree\n');
  });

  it('cuts off the part of a write that failed', () => {
    append('one\n');
    writeSync(file.prepare(4), 'tw');
    file.discardPartial();
    append('two\n');
    expect(contents()).to.deep.equal({ 'a.log': 'one\ntwo\n' });
  });

  it('is readable by its owner only', () => {
    append('one\n');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('says what is wrong, and works again when it is mended', () => {
    mkdirSync(path);
    expect(() => append('one\n')).to.throw('EISDIR');
    rmdirSync(path);
    append('one\n');
    expect(contents()).to.deep.equal({ 'a.log': 'one\n' });
  });
});
