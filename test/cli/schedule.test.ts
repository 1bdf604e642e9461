import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RpcError } from '../../rpc/errors.ts';
import type { ScheduledJob } from '../../rpc/shapes-schedule.ts';
import { BundledCli } from './bundle.ts';

const nightly: ScheduledJob = {
  job: 'nightly',
  spec: '30 0 25 * 0',
  timezone: 'Europe/London',
  next: ['2026-10-24T23:30:00.000Z', '2026-10-26T00:30:00.000Z'],
  last_run: null,
  last_result: null,
  paused: false,
};
const failed: ScheduledJob = {
  job: 'odd',
  spec: '0 9 */2 * 1',
  timezone: 'Asia/Kolkata',
  next: [],
  last_run: '2026-01-01T00:00:00.000Z',
  last_result: {
    status: 'failed',
    ended_at: '2026-01-01T00:00:01.000Z',
    error: { code: -32601, message: `no such method: \u001b[31m${'x'.repeat(80)}` },
  },
  paused: true,
};

describe('superbot-cli schedule', () => {
  const cli = new BundledCli();

  it('lists coming runs in the job’s own time zone with their offsets, and how two kinds of days are meant', async () => {
    const server = await cli.serve({ 'schedule.list': () => ({ jobs: [nightly, failed] }) });
    const { status, stdout, stderr } = await cli.run([...server, 'schedule', 'list']);
    expect(status).to.equal(0);
    const [header, first, second, third, ...rest] = stdout.split('\n').map((line) => {
      return line.replace(/\d+d \d+h ago/, 'AGO').replaceAll(/ {2,}/g, '|');
    });
    expect(header).to.equal('JOB|SPEC|ZONE|NEXT|PAUSED|LAST RUN|RESULT');
    expect(first).to.equal('nightly|30 0 25 * 0|Europe/London|2026-10-25 00:30 +01:00|-|-|-');
    expect(second).to.equal('|2026-10-26 00:30 +00:00');
    expect(third).to.match(
      /^odd\|0 9 \*\/2 \* 1\|Asia\/Kolkata\|never\|paused\|AGO\|failed: no such method: \\x1b\[31mx+…$/,
    );
    expect(rest).to.deep.equal(['']);
    expect(stderr.split('\n').slice(0, 2)).to.deep.equal([
      'nightly (30 0 25 * 0): a date runs when day of month or weekday fits, either',
      'odd (0 9 */2 * 1): a date runs when day of month and weekday fit, both',
    ]);
  });

  it('says so when there is no job, and prints the result as it is with --json', async () => {
    const server = await cli.serve({ 'schedule.list': () => ({ jobs: [] }) });
    const shown = await cli.run([...server, 'schedule', 'list']);
    expect(shown).to.include({ stdout: '', stderr: 'no jobs are configured\n' });
    const json = await cli.run([...server, 'schedule', 'list', '--json']);
    expect(json).to.include({ stdout: '{"jobs":[]}\n', stderr: '' });
  });

  const verbs = [
    ['run', 'nightly  has begun  (next: 2026-10-25 00:30 +01:00)\n'],
    ['pause', 'nightly  is paused  (next: 2026-10-25 00:30 +01:00)\n'],
    ['resume', 'nightly  runs when it is due  (next: 2026-10-25 00:30 +01:00)\n'],
  ] as const;
  for (const [verb, line] of verbs) {
    it(`${verb} names the job to the daemon and says when it is due next`, async () => {
      const sent: object[] = [];
      const answer = (params: object) => (sent.push(params), nightly);
      const server = await cli.serve({ [`schedule.${verb}`]: answer });
      expect((await cli.run([...server, 'schedule', verb, 'nightly'])).stdout).to.equal(line);
      expect(sent).to.deep.equal([{ job: 'nightly' }]);
    });
  }

  it('exits with 4 for a job that does not exist, with 5 for one that runs, with 2 without a name', async () => {
    const server = await cli.serve({
      'schedule.run': ({ job }) => {
        if (job === 'busy') throw new RpcError('refused', '"busy" runs', { reason: 'running' });
        throw new RpcError('notFound', `there is no job "${job}"`);
      },
    });
    expect((await cli.run([...server, 'schedule', 'run', 'nope'])).status).to.equal(4);
    expect((await cli.run([...server, 'schedule', 'run', 'busy'])).status).to.equal(5);
    expect((await cli.run([...server, 'schedule', 'run'])).status).to.equal(2);
  });

  it('sends --until of a stop, and knows no other word for it', async () => {
    const sent: object[] = [];
    const server = await cli.serve({
      'module.stop': (params) => {
        sent.push(params);
        throw new RpcError('refused', 'no');
      },
    });
    await cli.run([...server, 'stop', 'bot', '--until', 'schedule']);
    expect((await cli.run([...server, 'stop', 'bot', '--until', 'noon'])).status).to.equal(2);
    expect(sent).to.deep.equal([{ module: 'bot', until: 'schedule' }]);
  });
});
