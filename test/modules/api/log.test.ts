import { expect } from 'chai';
import { describe, it } from 'mocha';
import { createLogger, type Logger } from '../../../modules/api/log.ts';
import { ThreadError } from '../../../modules/api/threads.ts';

function written(write: (log: Logger) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLogger((line) => lines.push(line)));
  expect(lines).to.have.lengthOf(1);
  expect(lines[0]).to.match(/^[^\n]+\n$/);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

describe('the log of a module', () => {
  for (const [name, level] of [
    ['debug', 20],
    ['info', 30],
    ['warn', 40],
    ['error', 50],
  ] as const) {
    it(`writes ${name} as one line of pino's level ${level}`, () => {
      const line = written((log) => log[name]('two\nlines', { symbol: 'SPX' }));
      expect(line).to.include({ level, msg: 'two\nlines', symbol: 'SPX' });
      expect(line['time']).to.be.a('number');
    });
  }

  it('does not let fields stand in for its own', () => {
    expect(written((log) => log.info('m', { level: 1, msg: 'x' }))).to.include({
      level: 30,
      msg: 'm',
    });
  });

  it('says first what happened: whoever sees a long line cut sees that', () => {
    const keys = Object.keys(
      written((log) => log.warn('m', { error: new Error('why'), msg: 'x' })),
    );
    expect(keys).to.deep.equal(['level', 'time', 'msg', 'error']);
  });

  it('keeps of an error what it is, its message and its stack', () => {
    const line = written((log) => log.error('m', { error: new TypeError('why') }));
    expect(line['error']).to.include({ type: 'TypeError', message: 'why' });
    expect(line['error']).to.have.property('stack').that.includes('log.test');
    const closed = new ThreadError('closed', 'why');
    expect(written((log) => log.error('m', { error: closed }))).to.have.nested.include({
      'error.type': 'ThreadError',
      'error.kind': 'closed',
    });
  });

  it('writes the message even when the fields cannot be printed', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(written((log) => log.info('m', circular))).to.include({ level: 30, msg: 'm' });
    expect(written((log) => log.info('m', { n: 1n }))).to.include({ n: '1' });
  });
});
