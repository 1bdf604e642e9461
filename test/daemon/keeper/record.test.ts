import { expect } from 'chai';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  type LaunchRecord,
  readRecordOf,
  readRecords,
  removeRecord,
  writeRecord,
} from '../../../daemon/keeper/record.ts';

describe('the record of a launch', () => {
  let runDir: string;
  let path: string;

  beforeEach(() => {
    runDir = mkdtempSync(join(tmpdir(), 'superbot-record-'));
    path = join(runDir, 'trading.json');
  });
  afterEach(() => rmSync(runDir, { recursive: true }));

  it('is one file from its launch to its end, whose last line counts', () => {
    writeRecord(runDir, launched('one'));
    const { ino } = statSync(path);
    writeRecord(runDir, ended('one'));
    expect(readRecords(runDir)).to.deep.equal({ records: [ended('one')], damaged: [] });
    expect(statSync(path).ino, 'not replaced').to.equal(ino);
  });

  it('does not grow from launch to launch', () => {
    for (const launch of ['one', 'two', 'three']) {
      writeRecord(runDir, launched(launch));
      expect(lines()).to.have.length(1);
      writeRecord(runDir, ended(launch));
    }
    expect(readRecordOf(runDir, 'trading')).to.deep.equal(ended('three'));
  });

  it('is damaged while the word of its end is not whole, though its launch is', () => {
    writeRecord(runDir, launched('one'));
    appendFileSync(path, '\n{"kind":"process","name":"tra');
    const { records, damaged } = readRecords(runDir);
    expect(records).to.deep.equal([]);
    expect(damaged.map(({ name }) => name)).to.deep.equal(['trading']);
  });

  it('is whole again with the next line, which a torn one does not swallow', () => {
    writeRecord(runDir, launched('one'));
    appendFileSync(path, '\n{"kind":"process","name":"tra');
    writeRecord(runDir, ended('one'));
    expect(readRecordOf(runDir, 'trading')).to.deep.equal(ended('one'));
  });

  it('of an earlier version, one line without an end, is understood', () => {
    writeFileSync(path, JSON.stringify(launched('one')));
    expect(readRecordOf(runDir, 'trading')).to.deep.equal(launched('one'));
    writeRecord(runDir, ended('one'));
    expect(readRecordOf(runDir, 'trading')).to.deep.equal(ended('one'));
  });

  it('leaves nothing when it is removed, what was not finished included', () => {
    writeRecord(runDir, launched('one'));
    writeFileSync(`${path}.new`, '{');
    removeRecord(runDir, 'trading');
    expect(readRecords(runDir)).to.deep.equal({ records: [], damaged: [] });
  });

  function lines(): string[] {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }
});

function launched(launch: string): LaunchRecord {
  return {
    kind: 'process',
    protocol: 1,
    name: 'trading',
    launch,
    identity: { pid: 12, startTime: '34', bootId: 'boot' },
    startedAt: '2026-01-01T00:00:00.000Z',
    startedMonotonicMs: 1,
    note: null,
    stop: { signal: 'SIGTERM', timeoutMs: 1000, scope: 'tree' },
    log: { maxSizeBytes: 1000, keep: 1, overflow: 'block' },
    exit: null,
  };
}

function ended(launch: string): LaunchRecord {
  const at = '2026-01-01T00:00:01.000Z';
  const exit = { code: 6, signal: null, reason: null, at, uptimeMs: 999, output: ['bye'], seq: 1 };
  return { ...launched(launch), exit };
}
