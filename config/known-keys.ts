/** Which keys the schema knows at a path: read from the schema itself, so that no list is kept twice. */
import { z } from 'zod';
import { ownValue } from './own-value.ts';
import type { Path } from './problems.ts';
import { daemonFile } from './schema.ts';

/** The keys of the group at this path; empty where the keys are the user's own. */
export function knownKeys(path: Path, document: unknown): string[] {
  const found = schemaAt(path, document);
  const schema = found.schema instanceof z.ZodDiscriminatedUnion ? optionOf(found) : found.schema;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Keys that only other types of module have, each with that type, where the path is a module. */
export function keysOfOtherTypes(path: Path, document: unknown): Map<string, string> {
  const { schema } = schemaAt(path, document);
  const keys = new Map<string, string>();
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return keys;
  for (const option of schema.options) {
    if (!(option instanceof z.ZodObject)) continue;
    const { type } = option.shape;
    if (!(type instanceof z.ZodLiteral)) continue;
    for (const key of Object.keys(option.shape)) keys.set(key, String(type.value));
  }
  for (const own of knownKeys(path, document)) keys.delete(own);
  return keys;
}

interface Found {
  readonly schema: unknown;
  readonly value: unknown;
}

function schemaAt(path: Path, document: unknown): Found {
  let found: Found = { schema: daemonFile, value: document };
  for (const part of path) {
    const schema = found.schema instanceof z.ZodDiscriminatedUnion ? optionOf(found) : found.schema;
    found = { schema: unwrapped(childOf(schema, part)), value: ownValue(found.value, [part]) };
  }
  return found;
}

function childOf(schema: unknown, part: string | number): unknown {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, unknown>)[part];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function optionOf({ schema, value }: Found): unknown {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return undefined;
  const type = ownValue(value, ['type']) ?? 'node';
  const option = schema.options.find(
    (member) =>
      member instanceof z.ZodObject &&
      member.shape['type'] instanceof z.ZodLiteral &&
      member.shape['type'].value === type,
  );
  // An unknown type has at least what all types have.
  return option ?? schema.options[0];
}

/** The schema beneath defaults and preprocessing. */
function unwrapped(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.out);
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
  )
    return unwrapped(schema.unwrap());
  return schema;
}
