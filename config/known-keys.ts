/** Which keys a schema knows at a path: read from the schema itself, so that no list is kept twice. */
import * as z from 'zod';
import { ownValue } from './own-value.ts';
import type { Path } from './problems.ts';

/** The keys of the group at this path; empty where the keys are the user's own. */
export function knownKeys(root: z.ZodType, path: Path, document: unknown): string[] {
  return keysOf(schemaAt({ schema: root, value: document }, path));
}

/** Keys that only other types of module have at this path, each with those types. */
export function keysOfOtherTypes(
  root: z.ZodType,
  path: Path,
  document: unknown,
): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  const start = { schema: root, value: document };
  const depth = path.findIndex((_, index) => isUnion(schemaAt(start, path.slice(0, index + 1))));
  if (depth === -1) return keys;
  const module = schemaAt(start, path.slice(0, depth + 1));
  if (!(module.schema instanceof z.ZodDiscriminatedUnion)) return keys;
  for (const option of module.schema.options) {
    const type = typeOf(option);
    if (type === undefined) continue;
    const found = schemaAt({ schema: option, value: module.value }, path.slice(depth + 1));
    for (const key of keysOf(found)) keys.set(key, [...(keys.get(key) ?? []), type]);
  }
  for (const own of knownKeys(root, path, document)) keys.delete(own);
  return keys;
}

interface Found {
  readonly schema: unknown;
  readonly value: unknown;
}

function schemaAt(start: Found, path: Path): Found {
  let found = start;
  for (const part of path)
    found = {
      schema: unwrapped(childOf(chosen(found), part)),
      value: ownValue(found.value, [part]),
    };
  return found;
}

function keysOf(found: Found): string[] {
  const schema = chosen(found);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function childOf(schema: unknown, part: string | number): unknown {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<string, unknown>)[part];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function isUnion({ schema }: Found): boolean {
  return schema instanceof z.ZodDiscriminatedUnion;
}

/** Of the types of module the one that the document names. */
function chosen({ schema, value }: Found): unknown {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const type = ownValue(value, ['type']) ?? 'node';
  // An unknown type has at least what all types have.
  return schema.options.find((option) => typeOf(option) === type) ?? schema.options[0];
}

function typeOf(option: unknown): string | undefined {
  if (!(option instanceof z.ZodObject)) return undefined;
  const type = unwrapped((option.shape as Record<string, unknown>)['type']);
  return type instanceof z.ZodLiteral ? String(type.value) : undefined;
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
