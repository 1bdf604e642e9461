import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type CronFields, readCron } from '../../config/cron.ts';

type Words = 'minutes' | 'hours' | 'monthDays' | 'months' | 'weekdays';
const all: Pick<CronFields, Words> = {
  minutes: from(0, 59),
  hours: from(0, 23),
  monthDays: from(1, 31),
  months: from(1, 12),
  weekdays: from(0, 6),
};

describe('a cron line', () => {
  const read: [string, Partial<CronFields>][] = [
    ['* * * * *', {}],
    ['*/15 * * * *', { minutes: [0, 15, 30, 45] }],
    ['7,0 9-17/4 * * *', { minutes: [0, 7], hours: [9, 13, 17] }],
    ['5,5-6,*/30 * * * *', { minutes: [0, 5, 6, 30] }],
    ['*/60 */24 * * *', { minutes: [0], hours: [0] }],
    ['* * * jan-mar,Dec *', { months: [1, 2, 3, 12] }],
    ['* * * * MON-fri', { weekdays: [1, 2, 3, 4, 5] }],
    ['* * * * 0', { weekdays: [0] }],
    ['* * * * 7', { weekdays: [0] }],
    ['* * * * 5-7', { weekdays: [0, 5, 6] }],
    ['* * * * fri-sun', { weekdays: [0, 5, 6] }],
    ['* * * * 0-7', {}],
    ['* * * September thursday', { months: [9], weekdays: [4] }],
    ['* * 29 2 *', { monthDays: [29], months: [2] }],
    ['* * 30,31 2,4 *', { monthDays: [30, 31], months: [2, 4] }],
    ['  00\t09  * * * ', { minutes: [0], hours: [9] }],
  ];
  for (const [line, expected] of read)
    it(`may be ${JSON.stringify(line)}`, () => {
      const reading = readCron(line);
      expect(reading).to.have.property('ok', true);
      expect(reading).to.have.nested.include({ 'fields.days': 'both' });
      if (reading.ok) expect(reading.fields).to.deep.include({ ...all, ...expected });
    });

  const matching: [string, CronFields['days']][] = [
    ['* * 13 * 5', 'either'],
    ['* * 1-31 * 5', 'either'],
    ['* * 13 * *', 'both'],
    ['* * * * 5', 'both'],
    ['* * */2 * 5', 'both'],
    ['* * 13 * */2', 'both'],
  ];
  for (const [line, days] of matching)
    it(`matches a date by ${days} in ${line}, as in Vixie cron`, () => {
      expect(readCron(line)).to.have.nested.include({ 'fields.days': days });
    });

  const kinds: [string, boolean][] = [
    ['30 2 * * *', true],
    ['0,30 1-3,14 * * *', true],
    ['30 2 */2 * *', true],
    ['30 * * * *', false],
    ['* 2 * * *', false],
    ['*/15 2 * * *', false],
    ['0 0-23/2 * * *', false],
    ['0-30/10 2 * * *', false],
  ];
  for (const [line, isFixedTime] of kinds)
    it(`is ${isFixedTime ? 'a time of the day' : 'an interval'} in ${line}`, () => {
      expect(readCron(line)).to.have.nested.include({ 'fields.isFixedTime': isFixedTime });
    });

  const minutes = 'minutes from 0 to 59';
  const monthDays = 'days of the month from 1 to 31';
  const weekdays = 'weekdays from 0 to 7 or SUN to SAT';
  const form = ': a number, a range as 1-5, a step as */2 or 1-5/2, or a list of these as 1,3';
  const never = 'a day of the month that one of its months has';
  const refused: [string, string][] = [
    ['', 'five fields such as "0 2 * * *"'],
    ['0 2 * *', 'five fields such as "0 2 * * *"'],
    ['0 0 2 * * *', 'five fields such as "0 2 * * *"'],
    ['@daily', 'five fields such as "0 2 * * *"'],
    ['60 * * * *', minutes + form],
    ['5/15 * * * *', minutes + form],
    ['1,,2 * * * *', minutes + form],
    ['1-2-3 * * * *', minutes + form],
    ['-1 * * * *', minutes + form],
    ['1.5 * * * *', minutes + form],
    ['? * * * *', minutes + form],
    ['５ * * * *', minutes + form],
    ['* 24 * * *', 'hours from 0 to 23' + form],
    ['* * L * *', monthDays + form],
    ['* * L-3 * *', monthDays + form],
    ['* * 15W * *', monthDays + form],
    ['* * 0 * *', monthDays + form],
    ['* * jan * *', monthDays + form],
    ['* * * 13 *', 'months from 1 to 12 or JAN to DEC' + form],
    ['* * * ja *', 'months from 1 to 12 or JAN to DEC' + form],
    ['* * * * 8', weekdays + form],
    ['* * * * 1#1', weekdays + form],
    ['* * * * 5L', weekdays + form],
    ['* * * * monkey', weekdays + form],
    ['30-10 * * * *', `${minutes}, with ranges from the lower to the higher`],
    ['* * * * fri-mon', `${weekdays}, with ranges from the lower to the higher`],
    ['*/0 * * * *', `${minutes}, with a step from 1 to 60`],
    ['*/90 * * * *', `${minutes}, with a step from 1 to 60`],
    ['* */25 * * *', 'hours from 0 to 23, with a step from 1 to 24'],
    ['0 0 30 2 *', never],
    ['0 0 31 4,6,9,11 *', never],
    ['0 0 30-31 feb *', never],
    ['0 0 31 4 mon', never],
  ];
  for (const [line, expected] of refused)
    it(`may not be ${JSON.stringify(line)}`, () => {
      expect(readCron(line)).to.deep.equal({ ok: false, expected });
    });
});

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
