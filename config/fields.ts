/**
 * The kinds of value that the configuration is made of. The message of each is what is expected, as
 * a phrase that can follow "expected"; what was found is added by `validate.ts`, which knows whether
 * it may be shown.
 */
import * as z from 'zod';
import { durationForm, durationMs, sizeBytes, sizeForm } from './units.ts';

/** A mapping with exactly these keys. Left out or left empty, it has its keys' defaults. */
export function group<S extends z.ZodRawShape>(shape: S) {
  const error = 'a mapping of keys to values';
  return orEmpty({}, z.strictObject(shape, { error }));
}

/** A list; left out or left empty it is this one. */
export function list<T extends z.ZodType>(item: T, what: string, standIn: unknown[] = []) {
  return orEmpty(standIn, z.array(item, { error: `a list of ${what}` }));
}

/** A mapping whose keys are the user's own, empty when left out. */
export function mapping<T extends z.ZodType>(key: z.ZodType<string, string>, value: T) {
  return orEmpty({}, z.record(key, value, { error: 'a mapping of names to values' }));
}

/** Text of at least one character. A number is refused: `1.0` would silently become `1`. */
export function text(what: string) {
  return z
    .string({ error: `${what}, in quotes if it looks like a number` })
    .min(1, what)
    .describe(what);
}

/** Text of this form. */
export function pattern(form: RegExp, what: string) {
  return z.string({ error: what }).regex(form, { error: what }).describe(what);
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(', ')}` });
}

export function flag() {
  return z.preprocess(flagOfText, z.boolean({ error: 'true or false' }));
}

/** A whole number within these bounds, both allowed. */
export function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.preprocess(numberOfText, z.int({ error }).min(min, { error }).max(max, { error }));
}

export function fraction(min: number, max: number) {
  const error = `a number from ${min} to ${max}`;
  return z.preprocess(numberOfText, z.number({ error }).min(min, { error }).max(max, { error }));
}

/** A duration within these bounds, both allowed. It stays as written; `durationMs` reads it. */
export function duration(min: string, max: string) {
  const error = `a duration from ${min} to ${max} such as 500ms, 10s, 5m or a number of seconds`;
  return z
    .union([z.number(), z.string().regex(durationForm, { error, abort: true })], { error })
    .refine(isWithin(durationMs, min, max), { error })
    .describe(error);
}

/** A size within these bounds, both allowed. It stays as written; `sizeBytes` reads it. */
export function size(min: string, max: string) {
  const error = `a size from ${min} to ${max} such as 64K, 512M or a number of bytes`;
  return z
    .union([z.number(), z.string().regex(sizeForm, { error, abort: true })], { error })
    .refine(isWithin(sizeBytes, min, max), { error })
    .describe(error);
}

/** Whether one duration is at most another; what is no duration is another check's finding. */
export function atMost(lesser: unknown, greater: unknown): boolean {
  const lesserMs = durationMs(lesser);
  const greaterMs = durationMs(greater);
  return lesserMs === null || greaterMs === null || lesserMs <= greaterMs;
}

/** For a check that spans a group's keys: it runs beside the problems of single keys, not after. */
export function whenMapping(payload: { readonly value: unknown }): boolean {
  return typeof payload.value === 'object' && payload.value !== null;
}

/** A section whose keys are all commented out reads as null, and means the same as leaving it out. */
function orEmpty<T extends z.ZodType>(empty: unknown, schema: T) {
  return z.preprocess((value) => value ?? empty, schema).prefault(empty);
}

function isWithin(read: (written: unknown) => number | null, min: string, max: string) {
  const least = read(min) ?? 0;
  const most = read(max) ?? Infinity;
  return (written: unknown): boolean => {
    const value = read(written);
    return value !== null && value >= least && value <= most;
  };
}

// What ${NAME} brings in is text, also where a number or a flag is meant.
function numberOfText(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(value)
    ? Number(value)
    : value;
}

function flagOfText(value: unknown): unknown {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
}
