import { execFileSync } from 'node:child_process';
import type { HeapSpaceInfo } from 'node:v8';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { daemonProgram, parseNotice, type LaunchOutcome } from '../../cli/daemon-launch.ts';

describe("a starting daemon's line", () => {
  const lines: [string, LaunchOutcome | null][] = [
    ['{"ready":true,"pid":7,"endpoint":"unix:/s"}', { kind: 'ready', pid: 7, endpoint: 'unix:/s' }],
    ['{"ready":false,"error":"bad\\nworse","exit":1}', { kind: 'failed', error: 'bad\nworse' }],
    [
      '{"ready":false,"error":"taken","exit":1,"already_running":9}',
      { kind: 'already_running', pid: 9, error: 'taken' },
    ],
    ['{"ready":true,"pid":"7","endpoint":"unix:/s"}', null],
    ['{"ready":false}', null],
    ['{"ready"', null],
    ['null', null],
    ['', null],
  ];
  for (const [line, expected] of lines) {
    it(`${JSON.stringify(line)} means ${expected?.kind ?? 'nothing'}`, () => {
      expect(parseNotice(line)).to.deep.equal(expected);
    });
  }
});

describe('the flags of a daemon in the background', () => {
  it('give it a young generation of 2 MB from its start: one flag of V8 may override another', () => {
    const { node, nodeFlags } = daemonProgram();
    const spaces = 'JSON.stringify(v8.getHeapSpaceStatistics())';
    const printed = execFileSync(node, [...nodeFlags, '--print', spaces], { encoding: 'utf8' });
    const young = (JSON.parse(printed) as HeapSpaceInfo[]).find(
      ({ space_name }) => space_name === 'new_space',
    );
    expect(young?.space_size).to.equal(2 * 1024 * 1024);
  });
});
