import type { Command } from 'commander';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { completeLine, type Completion } from '../../cli/completion.ts';
import { shells } from '../../cli/completion-scripts.ts';
import { createProgram } from '../../cli/program.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

describe('what may come next on a command line', () => {
  const program: Command = createProgram(() => Promise.resolve());
  const lines: [string, Completion][] = [
    ['module start ', { kind: 'modules' }],
    ['module start trading ', { kind: 'modules' }],
    ['module start --no-wait tr', { kind: 'modules' }],
    ['--json start tr', { kind: 'modules' }],
    ['start -- tr', { kind: 'modules' }],
    ['rpc call ', { kind: 'methods' }],
    ['rpc call module.start ', { kind: 'nothing' }],
    ['stress show ', { kind: 'happenings' }],
    ['stress history -f ', { kind: 'words', words: ['chart', 'table', 'json', 'csv'] }],
    ['logs -m ', { kind: 'modules' }],
    ['logs --module=x ', { kind: 'nothing' }],
    ['logs --module=tr', { kind: 'modules' }],
    ['logs --nosuch=tr', { kind: 'nothing' }],
    ['--home=/tm', { kind: 'files' }],
    ['logs --level ', { kind: 'words', words: levels }],
    ['logs --level = in', { kind: 'words', words: levels }],
    ['completion ', { kind: 'words', words: [...shells] }],
    ['--home ', { kind: 'files' }],
    ['daemon start --config ', { kind: 'files' }],
    ['daemon status ', { kind: 'nothing' }],
    ['module start --param a', { kind: 'nothing' }],
  ];
  for (const [line, expected] of lines) {
    it(`after "${line}" is ${JSON.stringify(expected)}`, () => {
      expect(completeLine(program, line.split(' ')).completion).to.deep.equal(expected);
    });
  }

  it('is every command that the help shows, and none that it hides', () => {
    const { completion } = completeLine(program, ['']);
    const shown = program.commands
      .map((command) => command.name())
      .filter((name) => name !== '__complete');
    expect(completion).to.deep.equal({ kind: 'words', words: shown });
    expect(shown).to.include.members(['daemon', 'module', 'logs', 'rpc', 'start']);
  });

  it('is after a dash every option of the command and of those above it', () => {
    const { completion } = completeLine(program, ['logs', '--f']);
    expect(completion).to.have.property('words').that.includes.members(['--follow', '--json']);
  });

  it('is put behind the option in shells that leave "--level=in" one word', () => {
    const line = completeLine(program, ['logs', '--level=in']);
    expect(line).to.deep.include({ completion: { kind: 'words', words: levels } });
    expect(line).to.include({ before: '--level=', typed: 'in' });
  });

  it('is asked of the daemon that the line itself names', () => {
    const words = ['--home', '/a', 'module', 'start', '--socket=/b.sock', ''];
    expect(completeLine(program, words)).to.include({ home: '/a', socket: '/b.sock' });
  });
});
