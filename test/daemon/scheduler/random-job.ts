/** Cron lines of all forms, with what they match, known from writing them, not from reading. */
import fc from 'fast-check';

export interface RandomJob {
  readonly line: string;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly monthDays: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  readonly days: 'either' | 'both';
  readonly isFixed: boolean;
  /** Croner has another rule for a day of the month or a weekday as a step of `*` beside the other one. */
  readonly knownToCroner: boolean;
}

interface Field {
  readonly text: string;
  readonly values: readonly number[];
}

const weekdayNames = ['sun', 'MON', 'Tue', 'wed', 'thu', 'FRI', 'sat'];
const monthNames = 'JAN feb mar apr may jun JUL aug sep oct nov Dec'.split(' ');

const minute = anyField(0, 59);
// Most clocks are set between midnight and four.
const hour = fc.oneof(anyField(0, 23), plainField(0, 4));
const monthDay = fc.oneof(
  { weight: 4, arbitrary: star(1, 31) },
  // A day that every month has, so that the job is due at all.
  anyField(1, 31).filter(({ values }) => values.some((day) => day <= 28)),
);
const month = fc.oneof(
  { weight: 6, arbitrary: star(1, 12) },
  anyField(1, 12),
  fc.nat(11).map((at) => ({ text: monthNames[at] ?? '', values: [at + 1] })),
);
const weekday = fc.oneof(
  { weight: 4, arbitrary: star(0, 6) },
  anyField(0, 7),
  fc.nat(6).map((at) => ({ text: weekdayNames[at] ?? '', values: [at] })),
);

export const randomJob: fc.Arbitrary<RandomJob> = fc
  .tuple(minute, hour, monthDay, month, weekday)
  .map((fields) => {
    const [minute, hour, monthDay, month, weekday] = fields;
    const starred = [monthDay, weekday].filter(({ text }) => text.startsWith('*'));
    return {
      line: fields.map(({ text }) => text).join(' '),
      minutes: new Set(minute.values),
      hours: new Set(hour.values),
      monthDays: new Set(monthDay.values),
      months: new Set(month.values),
      weekdays: new Set(weekday.values.map((day) => day % 7)),
      days: starred.length > 0 ? 'both' : 'either',
      isFixed: ![minute.text, hour.text].some((text) => /\*|\//.test(text)),
      knownToCroner: starred.length === 0 || starred.some(({ text }) => text === '*'),
    };
  });

function star(min: number, max: number): fc.Arbitrary<Field> {
  return fc.constant({ text: '*', values: between(min, max, 1) });
}

function plainField(min: number, max: number): fc.Arbitrary<Field> {
  const single = fc.integer({ min, max }).map((one) => ({ text: `${one}`, values: [one] }));
  const range = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const)
    .map(([low, high]) => ({ text: `${low}-${high}`, values: between(low, high, 1) }));
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: single }, range), { minLength: 1, maxLength: 3 })
    .map(listOf);
}

function anyField(min: number, max: number): fc.Arbitrary<Field> {
  const step = fc
    .integer({ min: 1, max: max - min })
    .map((by) => ({ text: `*/${by}`, values: between(min, max, by) }));
  const steppedRange = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min: 1, max: 7 }))
    .map(([low, by]) => ({ text: `${low}-${max}/${by}`, values: between(low, max, by) }));
  const plain = plainField(min, max);
  const mixed = fc.tuple(plain, fc.oneof(step, steppedRange)).map(listOf);
  return fc.oneof(star(min, max), step, steppedRange, mixed, { weight: 4, arbitrary: plain });
}

function listOf(fields: readonly Field[]): Field {
  return {
    text: fields.map(({ text }) => text).join(','),
    values: fields.flatMap(({ values }) => values),
  };
}

function between(low: number, high: number, by: number): number[] {
  const values: number[] = [];
  for (let value = low; value <= high; value += by) values.push(value);
  return values;
}
