/**
 * What modules' params have in common: numbers, durations and switches that may also come as text,
 * as `${NAME}` and the environment give them, and the one line that says what is wrong with them.
 */
import { z } from 'zod';
import { durationMs } from './duration.ts';

/** In seconds or as "5m"; milliseconds afterwards. */
export function duration(
  defaultSeconds: number,
  { minMs, maxMs, rule }: { readonly minMs: number; readonly maxMs: number; readonly rule: string },
) {
  return z
    .unknown()
    .default(defaultSeconds)
    .transform((value, context) => {
      const ms = durationMs(value);
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      context.addIssue(rule);
      return z.NEVER;
    });
}

export function whole(value: number, min: number, max: number) {
  const rule = `expected a whole number from ${min} to ${max}`;
  const read = (given: unknown) =>
    typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given;
  return z.preprocess(read, z.int(rule).min(min, rule).max(max, rule)).default(value);
}

export function toggle(value: boolean) {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false };
  const read = (given: unknown) =>
    typeof given === 'string' && Object.hasOwn(words, given) ? words[given] : given;
  return z.preprocess(read, z.boolean('expected true or false')).default(value);
}

/** Every param that is wrong, what it was, and what is expected. */
export function explainParams(error: z.ZodError, given: unknown, schema: z.ZodType): string {
  return error.issues.map((issue) => explain(issue, given, schema)).join('; ');
}

function explain(issue: z.core.$ZodIssue, given: unknown, schema: z.ZodType): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${[...issue.path, key].join('.')}"`).join(', ');
    return `unknown param ${names}: expected ${knownAt(schema, issue.path).join(', ')}`;
  }
  if (issue.path.length === 0) return 'params are not an object: expected names with values';
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Readonly<Record<PropertyKey, unknown>> | null)?.[key],
    given,
  );
  return `param "${issue.path.join('.')}" is ${JSON.stringify(value)}: ${issue.message}`;
}

function knownAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = schema;
  for (const key of [null, ...path]) {
    if (key !== null) at = (at as z.ZodObject).shape[String(key)] as z.ZodType;
    while (at instanceof z.ZodPrefault || at instanceof z.ZodDefault) at = at.unwrap() as z.ZodType;
  }
  return Object.keys((at as z.ZodObject).shape);
}
