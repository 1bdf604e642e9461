import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Explanation, JournalEntry } from '../../rpc/shapes.ts';
import { BundledCli } from './bundle.ts';

function entry(second: number, kind: string, text: string, output?: string[]): JournalEntry {
  const time = new Date(Date.UTC(2026, 10, 22, 3, 0, second)).toISOString();
  return { time, kind, text, data: output === undefined ? {} : { output } };
}

const answer: Explanation = {
  module: 'trading',
  state: 'failed',
  entries: [
    entry(1, 'exit', 'exit code 7 after 2 s', ['older']),
    entry(2, 'restart', 'starts again in 2 s (restart 1 of 5)'),
    entry(3, 'exit', 'exit code 7 after 2 s', ['1', '2', '3', '4', '5', 'last\u001b[2J']),
    entry(4, 'alert', 'critical: it has failed'),
  ],
  advice: 'mend it, then `superbot-cli module start trading`',
};

describe('superbot-cli module explain', () => {
  const cli = new BundledCli();

  it('shows what happened, the last words before the last end, and what to do', async () => {
    const serving = await cli.serve({ 'module.explain': () => answer });
    const { status, stdout } = await cli.run([...serving, 'module', 'explain', 'trading']);
    expect(status).to.equal(0);
    expect(stdout.split('\n')).to.deep.equal([
      'trading  failed',
      '  2026-11-22T03:00:01.000Z  exit     exit code 7 after 2 s',
      '  2026-11-22T03:00:02.000Z  restart  starts again in 2 s (restart 1 of 5)',
      '  2026-11-22T03:00:03.000Z  exit     exit code 7 after 2 s',
      '    | 2',
      '    | 3',
      '    | 4',
      '    | 5',
      '    | last\\x1b[2J',
      '  2026-11-22T03:00:04.000Z  alert    critical: it has failed',
      '  what to do: mend it, then `superbot-cli module start trading`',
      '',
    ]);
  });

  it('shows the last twelve entries and says how many there are before them', async () => {
    const entries = Array.from({ length: 40 }, (_, n) => entry(n, 'state', `entry ${n}`));
    const serving = await cli.serve({ 'module.explain': () => ({ ...answer, entries }) });
    const { stdout, stderr } = await cli.run([...serving, 'module', 'explain', 'trading']);
    expect(stdout.match(/entry \d+/g)).to.deep.equal(entries.slice(-12).map(({ text }) => text));
    expect(stderr).to.include('28 entries before these');
    const all = await cli.run([...serving, 'module', 'explain', 'trading', '--since', '1d']);
    expect(all.stdout.match(/entry \d+/g)).to.have.length(40);
  });

  it('asks for a time as the contract has it, and prints the answer as it is with --json', async () => {
    const asked: object[] = [];
    const serving = await cli.serve({
      'module.explain': (params) => (asked.push(params), answer),
    });
    const args = ['--json', 'module', 'explain', 'a', 'b', '--since', '2026-11-22T03:00:00Z'];
    const { stdout } = await cli.run([...serving, ...args]);
    const since = '2026-11-22T03:00:00.000Z';
    expect(asked).to.deep.equal([
      { module: 'a', since },
      { module: 'b', since },
    ]);
    expect(stdout).to.equal(`${JSON.stringify(answer)}\n`.repeat(2));
    const wrong = await cli.run([...serving, 'module', 'explain', 'a', '--since', 'yesterday']);
    expect(wrong.status).to.equal(2);
  });
});
