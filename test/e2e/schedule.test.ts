import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { readIfThere } from '../../daemon/read-if-there.ts';
import type { ScheduledJob } from '../../rpc/shapes-schedule.ts';
import { failure } from '../rpc/failure.ts';
import { compiledTree, type DaemonProcess } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '600'], ready: { after: 0 } } as const;
const backtest = {
  ...sleeper,
  command: ['/bin/sh', '-c', 'echo "$SUPERBOT_PARAMS"'],
  restart: { policy: 'on_failure' },
};
const everyDay = { timezone: 'UTC', trading_days: [1, 2, 3, 4, 5, 6, 7] };
const hourMs = 3_600_000;

/** `HH:MM` in UTC, so many hours from now. */
function hoursFromNow(hours: number): string {
  return new Date(Date.now() + hours * hourMs).toISOString().slice(11, 16);
}

/** Each daemon of the home can be moved on by so many hours, once. */
function prepareShift(home: TestHome, hours: number): void {
  home.env['NODE_OPTIONS'] = `--import=${join(compiledTree, 'test/fixtures/shifted-clock.js')}`;
  home.env['CLOCK_SHIFTS'] = String(hours);
}

/** Moves the clock of the daemon, and has it look at once instead of within a minute. */
async function shift(home: TestHome, daemon: DaemonProcess, job: string): Promise<void> {
  daemon.child.kill('SIGUSR2');
  const rpc = await home.rpc();
  const shiftedMs = Number(home.env['CLOCK_SHIFTS']) * hourMs;
  await until('the clock is set', async () => {
    const { next } = await rpc.call('schedule.resume', { job });
    return Date.parse(next[0] ?? '') > Date.now() + shiftedMs;
  });
}

async function jobOf(home: TestHome, name: string): Promise<ScheduledJob> {
  const { jobs } = await (await home.rpc()).call('schedule.list', {});
  const job = jobs.find(({ job }) => job === name);
  if (!job) throw new Error(`${name} is not listed`);
  return job;
}

function runs(home: TestHome, job: string): Promise<ScheduledJob> {
  return until(`${job} has run`, async () => {
    const row = await jobOf(home, job);
    const isOver = row.last_result !== null && row.last_result.status !== 'running';
    return isOver ? row : null;
  });
}

describe('the schedule of a running daemon', () => {
  const homes = temporaryHomes();

  it('fires trading_stop, daily_backtest, weekly_report and a job when their time has come, the failing one disturbing none (row 85)', async () => {
    const home = homes.create({
      modules: { trading: sleeper, backtest },
      schedule: {
        ...everyDay,
        trading_start: hoursFromNow(-2),
        trading_stop: hoursFromNow(1),
        daily_backtest: { enabled: true, cron: '0 */2 * * *', strategy: 'momentum' },
        weekly_report: { enabled: true, cron: '30 */2 * * *' },
        jobs: { broken: { cron: '0 */2 * * *', method: 'no.such_method' } },
      },
    });
    prepareShift(home, 3);
    const daemon = await home.foreground().ready();
    await home.reaches('trading', 'running');
    await shift(home, daemon, 'broken');
    await home.reaches('trading', 'stopped', 'schedule');
    expect((await runs(home, 'daily_backtest')).last_result?.status).to.equal('done');
    await until('the backtest has said its params', () =>
      home.storedLines('backtest').some(({ text }) => text === '{"strategy":"momentum"}'),
    );
    expect((await runs(home, 'weekly_report')).last_result).to.include({ status: 'done' });
    expect((await runs(home, 'broken')).last_result?.error).to.include({ code: -32601 });
    const rpc = await home.rpc();
    const { events } = await rpc.call('events.history', { topics: ['schedule.*'] });
    const told = events.map(({ topic, data }) => `${topic} ${(data as { job: string }).job}`);
    expect(told).to.include.members([
      'schedule.fired trading_stop',
      'schedule.fired daily_backtest',
      'schedule.fired weekly_report',
      'schedule.failed broken',
    ]);
    const { stdout } = await home.cli('module', 'explain', 'trading');
    expect(stdout).to.match(/asked +the schedule, job trading_stop: its hours end/);
    await daemon.stop();
  });

  it('starts trading at the opening of its hours, not before (row 85)', async () => {
    const home = homes.create({
      modules: { trading: sleeper },
      autostart: ['trading'],
      schedule: { ...everyDay, trading_start: hoursFromNow(1), trading_stop: hoursFromNow(3) },
    });
    prepareShift(home, 2);
    const daemon = await home.foreground().ready();
    expect(await home.module('trading')).to.include({ state: 'stopped', reason: 'schedule' });
    await shift(home, daemon, 'trading_start');
    await home.reaches('trading', 'running');
    expect((await jobOf(home, 'trading_start')).last_result?.status).to.equal('done');
    const { events } = await (
      await home.rpc()
    ).call('events.history', { topics: ['schedule.fired'] });
    expect(events.map(({ data }) => data)).to.have.nested.property('[0].job', 'trading_start');
    await daemon.stop();
  });

  it('keeps down what an operator has stopped, while --until schedule gives it back to its hours', async () => {
    const home = homes.create({
      modules: { trading: sleeper, other: sleeper },
      schedule: { ...everyDay, trading_start: hoursFromNow(-1), trading_stop: hoursFromNow(1) },
    });
    const pid = await home.start();
    await home.reaches('trading', 'running');
    const rpc = await home.rpc();
    const until = 'schedule' as const;
    const refused = await failure(rpc.call('module.stop', { module: 'other', until }));
    expect(refused.message).to.include('has no hours and no job that starts it');
    expect((await home.cli('stop', 'trading', '--until', 'schedule')).stdout).to.match(
      /^trading +stopped \(schedule\)/,
    );
    await rpc.call('schedule.run', { job: 'trading_start' });
    await home.reaches('trading', 'running');
    await rpc.call('module.stop', { module: 'trading' });
    const kept = await failure(rpc.call('schedule.run', { job: 'trading_start' }));
    expect(kept).to.deep.include({ code: -32007, data: { reason: 'operator' } });
    process.kill(pid, 'SIGKILL');
    await home.start();
    expect(await home.module('trading')).to.include({ state: 'stopped', reason: 'operator' });
  });

  it('does not run again what it had begun when it was killed, and remembers what is paused', async () => {
    const at = { at: hoursFromNow(1), timezone: 'UTC' };
    const mark = 'echo run >> "$SUPERBOT_HOME/marks"; exec sleep 600';
    const home = homes.create({
      modules: {
        work: {
          ...sleeper,
          command: ['/bin/sh', '-c', mark],
          ready: { log: 'never printed', timeout: '60s' },
        },
      },
      schedule: {
        jobs: {
          work: { ...at, method: 'module.start', params: { module: 'work' } },
          held: { ...at, method: 'module.list' },
        },
      },
    });
    const marks = join(home.path, 'marks');
    prepareShift(home, 2);
    const first = await home.foreground().ready();
    expect((await home.cli('schedule', 'pause', 'held')).stdout).to.match(/^held +is paused/);
    await shift(home, first, 'work');
    await until('the job has begun', () => readIfThere(marks) === 'run\n');
    expect((await jobOf(home, 'work')).last_result?.status).to.equal('running');
    await first.stop('SIGKILL');
    const next = await home.foreground().ready();
    await shift(home, next, 'work');
    const { last_result, last_run } = await jobOf(home, 'work');
    expect(last_result?.status).to.equal('interrupted');
    expect(Date.parse(last_run ?? '')).to.be.greaterThan(Date.now() + hourMs);
    expect(await jobOf(home, 'held')).to.include({ paused: true, last_run: null });
    expect(readIfThere(marks)).to.equal('run\n');
  });

  it('is listed as the API has it, changed by a reload, and completed by name', async () => {
    const jobs = { nightly: { cron: '0 2 13 * 5', method: 'module.list' } };
    const home = homes.create({ modules: { bot: sleeper }, schedule: { jobs } });
    await home.start();
    const listed = await home.cli('schedule', 'list', '--json');
    const rpc = await home.rpc();
    expect(JSON.parse(listed.stdout)).to.deep.equal(await rpc.call('schedule.list', {}));
    const { stdout, stderr } = await home.cli('schedule', 'list');
    expect(stdout).to.match(/^JOB +SPEC +ZONE +NEXT +PAUSED +LAST RUN +RESULT\n/);
    expect(stdout.match(/ 02:00 \+00:00/g)).to.have.length(5);
    expect(stderr).to.include('a date runs when day of month or weekday fits, either');
    expect((await home.cli('__complete', 'schedule', 'run', '')).stdout).to.equal('nightly\n');
    const added = { ...jobs, morning: { at: '09:00', days: [1], method: 'module.list' } };
    home.configure({ modules: { bot: sleeper }, schedule: { jobs: added } });
    const { plan } = await rpc.call('daemon.reload_config', {});
    expect(plan).to.deep.include({
      ...{ module: null, key: 'schedule.jobs', action: 'update', reason: 'in force at once' },
    });
    expect((await jobOf(home, 'morning')).spec).to.equal('09:00 on Mon');
    await rpc.call('schedule.run', { job: 'morning' });
    expect((await runs(home, 'morning')).last_result?.status).to.equal('done');
  });

  it('refuses a date that never comes and a zone that does not exist, with the place in the file', async () => {
    const home = homes.create({
      schedule: {
        timezone: 'Mars/Olympus',
        jobs: { never: { cron: '0 0 30 2 *', method: 'module.list' } },
      },
    });
    const { status, stdout, stderr } = await home.cli('config', 'validate');
    expect(status).to.equal(1);
    const said = stdout + stderr;
    expect(said).to.match(/daemon\.yaml:\d+:\d+: daemon\.schedule\.timezone: .*Mars\/Olympus/);
    expect(said).to.match(/daemon\.yaml:\d+:\d+: daemon\.schedule\.jobs\.never\.cron: /);
  });
});
