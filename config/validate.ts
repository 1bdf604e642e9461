/** A document against the schema, with every mistake told in the user's words. */
import { z } from 'zod';
import type { ReadDocument } from './document.ts';
import { keysOfOtherTypes, knownKeys } from './known-keys.ts';
import { isSecretPath } from './mask.ts';
import { anyModule } from './module-schema.ts';
import { nearestName } from './nearest.ts';
import { ownValue } from './own-value.ts';
import type { Path, Problem } from './problems.ts';
import { referenceMistakes } from './references.ts';
import { daemonFile } from './schema.ts';
import type { DaemonDocument } from './schema.ts';

export type Validated =
  | { readonly ok: true; readonly document: DaemonDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** All problems at once: those of single values, of groups, and of names that refer to nothing. */
export function validate(read: ReadDocument): Validated {
  const result = daemonFile.safeParse(read.value);
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => problemsOf(issue, pathOf(issue), read)),
    ...referenceMistakes(read.value).map(({ path, expected }) => wrongValue(path, expected, read)),
  ];
  if (result.success && problems.length === 0) return { ok: true, document: result.data };
  return { ok: false, problems };
}

function problemsOf(issue: z.core.$ZodIssue, path: Path, read: ReadDocument): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      read.problemAt([...path, key], 'key', unknownKey(key, path, read.value)),
    );
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) =>
      read.problemAt(path, 'key', `is not a valid name, expected ${message}`),
    );
  const problem = wrongValue(path, issue.message, read);
  if (issue.code !== 'invalid_union') return [problem];
  return [problem, ...behindUnknownType(issue, path, read)];
}

/** An unknown module type must not hide the other mistakes of that module. */
function behindUnknownType(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  read: ReadDocument,
): Problem[] {
  if (issue.discriminator !== 'type') return [];
  const modulePath = path.slice(0, -1);
  const { error } = anyModule.safeParse(ownValue(read.value, modulePath));
  return (error?.issues ?? []).flatMap((inner) =>
    problemsOf(inner, [...modulePath, ...pathOf(inner)], read),
  );
}

function unknownKey(key: string, path: Path, document: unknown): string {
  const others = keysOfOtherTypes(path, document);
  const type = others.get(key);
  if (type !== undefined) return `belongs to modules of type ${type}, expected another type or key`;
  const known = knownKeys(path, document);
  const nearest = nearestName(key, [...known, ...others.keys()]);
  if (nearest !== null) return `is an unknown key, expected "${nearest}"?`;
  return `is an unknown key, expected one of ${known.join(', ')}`;
}

function wrongValue(path: Path, expected: string, read: ReadDocument): Problem {
  const value = ownValue(read.value, path);
  if (value === undefined) return read.problemAt(path, 'key', `is missing, expected ${expected}`);
  const hidden = read.isInterpolated(path) || isSecretPath(path);
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
