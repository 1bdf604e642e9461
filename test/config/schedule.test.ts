import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ownValue } from '../../config/own-value.ts';
import { load, loaded, problemLines } from './config-folder.ts';

const trading = 'modules: {trading: {module: x}}, ';
const inSchedule = (keys: string) => `daemon: {${trading}schedule: {${keys}}}`;
const inJob = (keys: string) => inSchedule(`jobs: {j: {${keys}}}`);

describe('daemon.schedule', () => {
  it('has a window, jobs with a cron line or a time of day, and what they do when late', () => {
    const { masked } = loaded(
      inSchedule(
        'timezone: Europe/Istanbul, trading_start: "09:00", trading_stop: "18:00", jobs: {n: {cron: "*/15 * * * *", method: module.restart, params: {module: trading}}, m: {at: "23:59", days: [7], timezone: UTC, method: monitoring.report, catch_up: {all: 4}, overlap: queue}}',
      ),
    );
    expect(ownValue(masked, ['daemon', 'schedule', 'jobs', 'n'])).to.deep.equal({
      cron: '*/15 * * * *',
      method: 'module.restart',
      params: { module: 'trading' },
      catch_up: 'once',
      overlap: 'skip',
    });
  });

  const mistakes: [string, string][] = [
    [
      'daemon: {schedule: {trading_start: "09:00", trading_stop: "18:00"}}',
      '1:21: daemon.schedule.trading_start: is for the module "trading", expected one of that name in daemon.modules',
    ],
    [
      inSchedule('trading_start: "09:00"'),
      '1:43: daemon.schedule.trading_stop: is missing, expected a time other than trading_start, and neither without the other',
    ],
    [
      inSchedule('trading_start: "09:00", trading_stop: "9:00"'),
      '1:92: daemon.schedule.trading_stop: found "9:00", expected a time as "HH:MM", in quotes',
    ],
    [
      inSchedule('trading_days: [0]'),
      '1:69: daemon.schedule.trading_days[0]: found 0, expected a whole number from 1 to 7',
    ],
    [
      inSchedule('timezone: Mars/Olympus'),
      '1:64: daemon.schedule.timezone: found "Mars/Olympus", expected a time zone such as UTC or Europe/Istanbul',
    ],
    [
      inSchedule('weekly_report: {cron: "0 0 * *"}'),
      '1:76: daemon.schedule.weekly_report.cron: found "0 0 * *", expected five fields such as "0 2 * * *"',
    ],
    [
      inSchedule('weekly_report: {cron: "0 0 * * SUN#1"}'),
      '1:76: daemon.schedule.weekly_report.cron: found "0 0 * * SUN#1", expected weekdays from 0 to 7 or SUN to SAT: a number, a range as 1-5, a step as */2 or 1-5/2, or a list of these as 1,3',
    ],
    [
      inSchedule('daily_backtest: {cron: "0 0 30 2 *"}'),
      '1:77: daemon.schedule.daily_backtest.cron: found "0 0 30 2 *", expected a day of the month that one of its months has',
    ],
    [
      inJob('cron: "*/90 * * * *", method: a.b'),
      '1:71: daemon.schedule.jobs.j.cron: found "*/90 * * * *", expected minutes from 0 to 59, with a step from 1 to 60',
    ],
    [
      inJob('cron: "0 0 * * * *", method: a.b'),
      '1:71: daemon.schedule.jobs.j.cron: found "0 0 * * * *", expected five fields such as "0 2 * * *"',
    ],
    [
      inSchedule('trading_start: "09:00", trading_stop: "10:00", trading_days: []'),
      '1:115: daemon.schedule.trading_days: found an empty list, expected a list of at least one day',
    ],
    [
      inSchedule('daily_backtest: {enabled: true}'),
      '1:54: daemon.schedule.daily_backtest: is for the module "backtest", expected one of that name in daemon.modules',
    ],
    [
      inSchedule('jobs: {weekly_report: {cron: "* * * * *", method: a.b}}'),
      '1:61: daemon.schedule.jobs.weekly_report: is not a valid name, expected another name than that of a job with a key of its own',
    ],
    [
      inJob('method: a.b'),
      '1:64: daemon.schedule.jobs.j: found a mapping, expected one of cron and at',
    ],
    [
      inJob('cron: "* * * * *"'),
      '1:61: daemon.schedule.jobs.j.method: is missing, expected a method such as module.restart',
    ],
    [
      inJob('cron: "* * * * *", method: a.b, days: [1]'),
      '1:103: daemon.schedule.jobs.j.days: found a list, expected days only together with at',
    ],
    [
      inJob('at: "09:00", method: a.b, catch_up: {all: 0}'),
      '1:107: daemon.schedule.jobs.j.catch_up.all: found 0, expected a whole number from 1 to 1000',
    ],
    [
      inJob('at: "09:00", method: a.b, catch_up: never'),
      '1:101: daemon.schedule.jobs.j.catch_up: found "never", expected skip, once, or {all: MAX}',
    ],
  ];
  for (const [yaml, line] of mistakes)
    it(`refuses ${yaml.slice(41, 120)}`, () => {
      expect(problemLines(load(yaml))).to.deep.equal([`daemon.yaml:${line}`]);
    });
});
