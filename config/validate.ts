/** A document against its schema, with every mistake told in the user's words. */
import * as z from 'zod';
import type { ReadDocument } from './document.ts';
import { keysOfOtherTypes, knownKeys } from './known-keys.ts';
import { holdsPassword, isSecretPath } from './mask.ts';
import { anyModule } from './module-schema.ts';
import { nearestName } from './nearest.ts';
import { ownValue } from './own-value.ts';
import type { Path, Problem } from './problems.ts';
import type { Mistake } from './references.ts';

export type Validated<T> =
  | { readonly ok: true; readonly document: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** To compile the schema first, as zod does, would take longer than to judge one document. */
const readOnce = { jitless: true };

/**
 * All problems at once: those of single values, of groups, and the `mistakes` that only a look at
 * the whole document finds.
 */
export function validate<T>(
  read: ReadDocument,
  schema: z.ZodType<T>,
  mistakes: readonly Mistake[],
): Validated<T> {
  const context = { read, schema };
  const result = schema.safeParse(read.value, readOnce);
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => problemsOf(issue, pathOf(issue), context)),
    ...mistakes.map((mistake) =>
      'message' in mistake
        ? read.problemAt(mistake.path, 'key', mistake.message)
        : wrongValue(mistake.path, mistake.expected, read),
    ),
  ];
  if (result.success && problems.length === 0) return { ok: true, document: result.data };
  return { ok: false, problems };
}

interface Context {
  readonly read: ReadDocument;
  readonly schema: z.ZodType;
}

function problemsOf(issue: z.core.$ZodIssue, path: Path, context: Context): Problem[] {
  const { read } = context;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      read.problemAt([...path, key], 'key', unknownKey(key, path, context)),
    );
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) =>
      read.problemAt(path, 'key', `is not a valid name, expected ${message}`),
    );
  if (issue.code !== 'invalid_union') return [wrongValue(path, issue.message, read)];
  const inside = insideAlternative(issue, path, context);
  if (inside.length > 0) return inside;
  return [wrongValue(path, issue.message, read), ...behindUnknownType(issue, path, context)];
}

/** Of a value with several forms, the mistakes within the one whose form it has. */
function insideAlternative(
  { errors }: z.core.$ZodIssueInvalidUnion,
  path: Path,
  context: Context,
): Problem[] {
  const fitting = errors.find(
    (issues) => issues.length > 0 && issues.every((inner) => inner.path.length > 0),
  );
  return (fitting ?? []).flatMap((inner) =>
    problemsOf(inner, [...path, ...pathOf(inner)], context),
  );
}

/** An unknown module type must not hide the other mistakes of that module. */
function behindUnknownType(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  context: Context,
): Problem[] {
  if (issue.discriminator !== 'type') return [];
  const modulePath = path.slice(0, -1);
  const { error } = anyModule.safeParse(ownValue(context.read.value, modulePath));
  return (error?.issues ?? []).flatMap((inner) =>
    problemsOf(inner, [...modulePath, ...pathOf(inner)], context),
  );
}

function unknownKey(key: string, path: Path, { read, schema }: Context): string {
  const others = keysOfOtherTypes(schema, path, read.value);
  const types = others.get(key);
  if (types !== undefined)
    return `belongs to modules of type ${types.join(', ')}, expected another type or key`;
  const known = knownKeys(schema, path, read.value);
  const nearest = nearestName(key, [...known, ...others.keys()]);
  if (nearest !== null) return `is an unknown key, expected "${nearest}"?`;
  return `is an unknown key, expected one of ${known.join(', ')}`;
}

function wrongValue(path: Path, expected: string, read: ReadDocument): Problem {
  const value = ownValue(read.value, path);
  if (value === undefined) return read.problemAt(path, 'key', `is missing, expected ${expected}`);
  const hidden = read.isInterpolated(path) || isSecretPath(path) || holdsPassword(value);
  const found = hidden ? 'a value that is not shown' : inWords(value);
  return read.problemAt(path, 'value', `found ${found}, expected ${expected}`);
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  if (typeof value === 'number') return String(value);
  const written = JSON.stringify(value);
  return written.length > 80 ? `${written.slice(0, 80)}…` : written;
}

function pathOf(issue: z.core.$ZodIssue): Path {
  return issue.path.filter((part) => typeof part !== 'symbol');
}
