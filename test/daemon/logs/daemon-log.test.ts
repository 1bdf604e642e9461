import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DaemonLog } from '../../../daemon/logs/daemon-log.ts';
import { tailFiles } from '../../../rpc/log-files.ts';
import type { LogLine } from '../../../rpc/shapes.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const rule = { maxSizeBytes: 1024 * 1024, keep: 3 };

describe("the daemon's own log", () => {
  const folder = temporaryFolders();

  it('has the form of every other log, JSON, and gives each line on as it is stored (row 69)', () => {
    const { log, path, heard } = open(folder());
    log.info({ step: 1 }, 'begins');
    log.error({ err: new Error('no disk') }, 'ends');
    const stored = linesOf(path);
    expect(stored.map(({ seq, level, text }) => [seq, level, text])).to.deep.equal([
      [1, 'info', 'begins'],
      [2, 'error', 'ends'],
    ]);
    expect(stored[0]).to.include({ module: 'daemon', stream: 'stdout' });
    expect(stored[0]?.fields).to.deep.equal({ step: 1 });
    expect(JSON.stringify(stored[1]?.fields)).to.include('no disk');
    expect(heard.join('')).to.equal(readFileSync(path, 'utf8'));
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it('keeps what its level lets through, and counts that alone (row 69)', () => {
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
    for (const [index, level] of levels.entries()) {
      const { log, path } = open(folder(), rule, level);
      for (const each of levels) log[each]('said');
      const stored = linesOf(path).map((line) => [line.seq, line.level]);
      expect(stored).to.deep.equal(levels.slice(index).map((each, n) => [n + 1, each]));
    }
  });

  it('goes on counting where an earlier daemon ended', () => {
    const dir = folder();
    const first = open(dir);
    first.log.info('one');
    first.log.info('two');
    first.daemonLog.close();
    const second = open(dir);
    second.log.info('three');
    expect(linesOf(second.path).map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
  });

  it('loses no line and no number when it rotates, also at the moment of a restart (row 69)', async () => {
    const dir = folder();
    const count = 200;
    for (let n = 1; n <= count; n += 50) {
      const { log, daemonLog } = open(dir, { maxSizeBytes: 2048, keep: 1000 });
      for (let k = n; k < n + 50; k++) log.info(`line ${k}`);
      daemonLog.close();
    }
    const selection = { module: 'daemon', level: null, since: null, lines: 1000 };
    const stored = (await tailFiles(dir, selection)) ?? [];
    expect(stored.map(({ seq, text }) => [seq, text])).to.deep.equal(
      Array.from({ length: count }, (_, k) => [k + 1, `line ${k + 1}`]),
    );
  });
});

function open(dir: string, ruleOf = rule, level: NonNullable<LogLine['level']> = 'info') {
  const path = join(dir, 'daemon.log');
  const heard: string[] = [];
  const onLine = (line: string) => void heard.push(line);
  const daemonLog = new DaemonLog({ path, rule: ruleOf, level, onLine });
  return { daemonLog, log: daemonLog.log, path, heard };
}

function linesOf(path: string): LogLine[] {
  const texts = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return texts.map((text) => JSON.parse(text) as LogLine);
}
