import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { linesPerMinuteMax, RefusalLog } from '../../../daemon/api/refusal-log.ts';
import type { Refusal } from '../../../rpc/refusal.ts';

const role: Refusal = {
  kind: 'role',
  method: 'daemon.stop',
  transport: 'unix',
  role: 'observer',
  module: null,
  why: 'it needs the role operator',
};

describe('the log of refusals', () => {
  const lines: [object, string][] = [];
  const timers: { delayMs: number; callback: () => void }[] = [];
  let log: RefusalLog;
  beforeEach(() => {
    lines.length = 0;
    timers.length = 0;
    log = new RefusalLog({
      system: {
        after: (delayMs, callback) => {
          timers.push({ delayMs, callback });
          return { cancel: () => undefined };
        },
      },
      warn: (fields, text) => lines.push([fields, text]),
    });
  });

  it('has a line that says who was refused what, and why', () => {
    log.take(role);
    const who = { method: 'daemon.stop', transport: 'unix', role: 'observer', module: null };
    expect(lines).to.deep.equal([
      [{ refused: 'role', ...who }, 'call refused: it needs the role operator'],
    ]);
  });

  it('stays short under a flood and says at the end of the minute how many there were', () => {
    for (let count = 0; count < 5000; count += 1) log.take(role);
    expect(lines).to.have.lengthOf(linesPerMinuteMax);
    expect(timers.map(({ delayMs }) => delayMs)).to.deep.equal([60_000]);
    timers[0]!.callback();
    expect(lines.at(-1)).to.deep.equal([
      { refused: 'role', count: 5000 - linesPerMinuteMax },
      `call refused: ${5000 - linesPerMinuteMax} times more`,
    ]);
    log.take(role);
    expect(lines).to.have.lengthOf(linesPerMinuteMax + 2);
  });

  it('adds no line after a quiet minute', () => {
    log.take(role);
    timers[0]!.callback();
    expect(lines).to.have.lengthOf(1);
  });

  it('does not let a flood of one kind hide another kind', () => {
    for (let count = 0; count < 100; count += 1) log.take({ ...role, kind: 'authentication' });
    log.take(role);
    expect(lines.at(-1)?.[1]).to.match(/^call refused/);
  });
});
