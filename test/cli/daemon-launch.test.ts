import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parseNotice, type LaunchOutcome } from '../../cli/daemon-launch.ts';

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
