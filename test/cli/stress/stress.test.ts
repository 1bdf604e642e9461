import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RpcError } from '../../../rpc/errors.ts';
import type { StressHistoryParams } from '../../../rpc/shapes-stress.ts';
import { BundledCli } from '../bundle.ts';
import { at, historyRow, pauseEvent, stressDetail, stressSample, stressStatus } from './samples.ts';

describe('superbot-cli stress', () => {
  const cli = new BundledCli();

  /** A daemon whose monitoring module answers, and what it was asked. */
  async function serve(change: Readonly<Record<string, (params: never) => unknown>> = {}) {
    const asked: [method: string, params: unknown][] = [];
    const answers: Readonly<Record<string, (params: never) => unknown>> = {
      'stress.status': () => stressStatus(42),
      'stress.events': () => ({ events: [pauseEvent()] }),
      'stress.show': () => stressDetail(),
      'stress.prune': () => ({ dry_run: true, samples: 12, events: 3, folders: 2 }),
      ...change,
    };
    const call = (method: string, params: unknown) => {
      asked.push([method, params]);
      return new Promise((resolve) => resolve(answers[method]?.(params as never)));
    };
    const server = await cli.serve({}, { claimed: { has: (name) => name in answers, call } });
    return { asked, run: (...args: string[]) => cli.run([...server, 'stress', ...args]) };
  }

  it('draws from a file of its own, which shares nothing with an identity (row 43)', () => {
    expect(cli.inputs.filter((path) => path.startsWith('cli/stress/'))).to.deep.equal([]);
    expect(cli.lateInputs).to.include('cli/stress/watch/watch.ts');
    const shared = cli.lateInputs.filter(
      (path) => !/^(cli\/stress|node_modules\/node:)/.test(path),
    );
    expect(shared.sort()).to.deep.equal([
      'cli/csv.ts',
      'cli/display.ts',
      'cli/module-view.ts',
      'cli/size.ts',
      'cli/table.ts',
      'cli/time.ts',
    ]);
  });

  it('status tells stress, reasons, figures and what the host does not tell (row 43)', async () => {
    const { run } = await serve();
    const { status, stdout, stderr } = await run('status');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/^stress {2}█+▊░+ 42 of 100, elevated for /);
    expect(stdout).to.include('  load 16.0 on 8 cores: 40 of 40\n');
    expect(stdout).to.include('82 % of 8 cores, load 16.00 8.00 4.00').and.include('stolen -\n');
    expect(stdout).to.match(/4242 +stress-ng +- +R +97 % +5.0M +- +0B\/s/);
    expect(stdout).to.include('paused 1 ×, elevated 2 ×, critical 0 ×');
    expect((await run('status', '--json')).stdout).to.equal(
      `${JSON.stringify(stressStatus(42))}\n`,
    );
  });

  it('status says what is wrong with the monitoring itself', async () => {
    const storage = { kind: 'database', stored: 3, dropped: 7, problem: 'no\u001b[2J' } as const;
    const { run } = await serve({
      'stress.status': () => stressStatus(0, { running: false, storage }),
    });
    const { stdout, stderr } = await run('status');
    expect(stdout).to.include('3 samples in the database, 7 dropped');
    expect(stderr).to.match(
      /^what is sampled is not kept: no\\x1b\[2J\nno sample for [\dhmd ]+\n$/,
    );
    const young = await serve({ 'stress.status': () => stressStatus(0, { last_sample: null }) });
    expect((await young.run('status')).stdout).to.match(/^no sample yet\n/);
  });

  it('status shows what learning mode has learnt', async () => {
    const histogram = [80, 40, 0, 0, 0, 0, 0, 0, 0, 1];
    const learning = {
      samples: 121,
      pauses: 2,
      histogram,
      suggested: { elevation_threshold: 20, critical_threshold: 85 },
    };
    const { run } = await serve({ 'stress.status': () => stressStatus(0, { learning }) });
    const { stdout } = await run('status');
    expect(stdout).to.include('learning: 121 samples, 2 pauses');
    expect(stdout).to.match(/\n {4}0 {2}█{40} 80\n {3}10 {2}█{20} {20} 40\n/);
    expect(stdout).to.include('suggested: elevation_threshold 20, critical_threshold 85\n');
  });

  it('events lists what was too long of each pause, and asks for what it is told to (row 43)', async () => {
    const { run, asked } = await serve();
    const { stdout } = await run('events');
    expect(stdout).to.match(/^ID +WHEN +AT +KIND +LASTED +STRESS +CAPTURED +CULPRITS\n/);
    expect(stdout).to.match(/\n 7 .* pause +1m 14s +42 +2026-11-22_12-00-00 +stress-ng \(cpu\)\n$/);
    await run('events', '-n', '5', '--kind', 'pause', '--since', at);
    expect(asked).to.deep.equal([
      ['stress.events', { limit: 20 }],
      ['stress.events', { limit: 5, kind: 'pause', since: at }],
    ]);
    const calm = await serve({ 'stress.events': () => ({ events: [] }) });
    expect((await calm.run('events')).stderr).to.match(/^the host has not paused/);
  });

  it('show tells a pause, its culprits, what came before it, and the capture (row 43)', async () => {
    const { run, asked } = await serve();
    const { status, stdout, stderr } = await run('show', '7');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    for (const part of [
      'for 1m 14s: 1m 19s between two samples instead of 5.0 s (15.8 ×)',
      '4242  stress-ng  -       cpu  97 % of a core\n',
      'before it  ▃\n',
      'captured (pause)  /home/x/data/monitoring/events/2026-11-22_12-00-00\n',
      'stacks.txt          -  not permitted\n',
    ]) {
      expect(stdout).to.include(part);
    }
    expect(asked[0]).to.deep.equal(['stress.show', { id: 7 }]);
    const missing = () => {
      throw new RpcError('notFound', 'no event 8');
    };
    const gone = await serve({ 'stress.show': missing });
    expect(await gone.run('show', '8')).to.include({ status: 4, stdout: '' });
  });

  /** Samples of one hour, in pages of 500. */
  function hour(count: number) {
    const rows = Array.from({ length: count }, (_, index) =>
      historyRow(new Date(Date.parse(at) + index * 1000).toISOString(), index % 100),
    );
    const answers = {
      'stress.history': ({ after = '0' }: StressHistoryParams) => {
        const end = Number(after) + 500;
        return { rows: rows.slice(Number(after), end), next: end < count ? String(end) : null };
      },
    };
    return { rows, answers };
  }

  it('history writes every sample as CSV or as one JSON document, all pages of it (row 43)', async () => {
    const { rows, answers } = hour(1201);
    const { run, asked } = await serve(answers);
    const csv = await run('history', '-H', '1', '-f', 'csv');
    const [header = '', ...lines] = csv.stdout.trimEnd().split('\r\n');
    const records = lines.map((line) => line.split(','));
    expect(header.split(',')).to.deep.equal(Object.keys(rows[0]!));
    const expected = rows.map((row) => Object.values(row).map((value) => String(value ?? '')));
    expect(records).to.deep.equal(expected);
    const [, params] = asked[0] as [string, StressHistoryParams];
    expect(Date.parse(params.to) - Date.parse(params.from)).to.equal(3_600_000);
    expect(params).to.not.have.property('points');

    const json = await run('history', '-f', 'json', '--points', '3');
    expect(JSON.parse(json.stdout)).to.deep.equal({ rows, next: null });
    expect(asked.at(-1)?.[1]).to.include({ points: 3, after: '1000' });
    expect((await run('history', '--json')).stdout).to.equal(json.stdout);
    const none = await serve(hour(0).answers);
    expect(JSON.parse((await none.run('history', '-f', 'json')).stdout)).to.deep.equal({
      rows: [],
      next: null,
    });
  });

  it('history draws the last day, and shows it as a table (row 43)', async () => {
    const { run, asked } = await serve(hour(3).answers);
    const chart = await run('history');
    expect(chart).to.include({ status: 0, stderr: '' });
    expect(chart.stdout).to.match(
      /^stress of the host, [\d-]+ [\d:]+ to [\d-]+ [\d:]+ [+-][\d:]+\n/,
    );
    expect(chart.stdout).to.include('\n 60 ┤ ┄').and.include('\n 30 ┤ ┄').and.include('\n  0 └─');
    const history = asked.find(([method]) => method === 'stress.history')?.[1];
    expect(history).to.include({ points: 94 });
    const table = await run('history', '-f', 'table');
    expect(table.stdout.split('\n')[3]).to.match(/^2026-11-22T12:00:02.000Z +2 +13 % +0.25 /);
    const none = await serve(hour(0).answers);
    expect((await none.run('history')).stderr).to.equal('no sample of this time is stored\n');
  });

  it('history stops at a page that comes twice', async () => {
    const page = () => ({ rows: [historyRow(at, 1)], next: '5' });
    const { run } = await serve({ 'stress.history': page });
    const { status, stderr } = await run('history', '-f', 'csv');
    expect(status).to.equal(1);
    expect(stderr).to.include('gave the same page twice, at 5');
  });

  it('prune tells what it would remove, or has removed (row 40)', async () => {
    const { run, asked } = await serve();
    const dry = await run('prune', '--dry-run', '--samples-days', '0.5');
    expect(dry.stdout).to.equal('would remove 12 samples, 3 events, 2 captures\n');
    expect(asked).to.deep.equal([['stress.prune', { dry_run: true, samples_days: 0.5 }]]);
    const answer = () => ({ dry_run: false, samples: 1, events: 0, folders: 0 });
    const real = await serve({ 'stress.prune': answer });
    expect((await real.run('prune')).stdout).to.equal('removed 1 samples, 0 events, 0 captures\n');
  });

  it('shows a sample without any of what a host may lack', async () => {
    const nothing = stressSample(0, {
      memory: {
        total_bytes: null,
        available_bytes: null,
        available_percent: null,
        swap_used_bytes: null,
        major_faults_per_second: null,
        swap_in_bytes_per_second: null,
        swap_out_bytes_per_second: null,
      },
      processes: [],
    });
    const { run } = await serve({
      'stress.status': () => stressStatus(0, { last_sample: nothing, last_24_hours: null }),
    });
    const { status, stdout } = await run('status');
    expect(status).to.equal(0);
    expect(stdout).to.include('memory   - free (- of -), swap -\n').and.not.include('null');
  });
});
