/**
 * The contract's schemas as JSON Schema (draft 7), for documents and for clients in other languages.
 * Shapes with an id in `shapes.ts` are named once and referred to by name.
 */
import * as z from 'zod';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** Where the named shapes are in the document that the schemas become part of. */
export const namedSchemasPath = '#/components/schemas/';

/** Converts schemas and collects the named shapes that they refer to. */
export class SchemaCollection {
  readonly #named = new Map<string, JsonSchema>();

  /** Every named shape met so far, by name. */
  get named(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** What a caller sends and gets, before defaults are filled in. */
  convert(schema: z.ZodType): JsonSchema {
    const converted = z.toJSONSchema(schema, {
      target: 'draft-7',
      io: 'input',
      override: ({ jsonSchema }) => simplify(jsonSchema),
    });
    const { definitions = {}, ...own } = asOurs(converted) as JsonSchema & {
      definitions?: Record<string, JsonSchema>;
    };
    for (const [name, definition] of Object.entries(definitions)) this.#named.set(name, definition);
    const id = z.globalRegistry.get(schema)?.id;
    if (id === undefined) return own;
    this.#named.set(id, own);
    return { $ref: `${namedSchemasPath}${id}` };
  }
}

/** Drops what is true of every JSON number or key, and the 300 characters that spell out a time. */
function simplify(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format === 'date-time') delete schema.pattern;
  if (schema.propertyNames !== undefined) delete schema.propertyNames;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** Without `$schema` and `$id`, which would start another document inside this one. */
function asOurs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asOurs);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (key === '$schema' || key === '$id') return [];
    if (key !== '$ref' || typeof member !== 'string') return [[key, asOurs(member)]];
    return [[key, member.replace('#/definitions/', namedSchemasPath)]];
  });
  return Object.fromEntries(entries);
}
