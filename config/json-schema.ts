/** The schema of the files as JSON Schema, by which editors complete and check them. */
import * as z from 'zod';
import { connectorsFile } from './connectors-schema.ts';
import { infrastructureFile } from './infrastructure-schema.ts';
import { daemonFile } from './schema.ts';

type Node = Record<string, unknown>;

/**
 * One document for all three files, draft 7, which is what editors know. It is laxer than the daemon:
 * what a check of our own decides (that a name is a module's, that a duration is within bounds) it
 * does not say. It also allows what the daemon allows before it replaces `${NAME}`.
 */
export function configJsonSchema(): object {
  const files = z.strictObject({
    ...daemonFile.shape,
    ...infrastructureFile.shape,
    ...connectorsFile.shape,
  });
  const schema = z.toJSONSchema(files, { target: 'draft-7', io: 'input' }) as Node;
  const definitions = schema['definitions'] as Node;
  const written = asWritten({ ...schema, definitions: {} }) as Node;
  const defined = Object.entries(definitions).map(([name, node]) => [
    name,
    name === 'json' ? node : asWritten(node),
  ]);
  return {
    ...written,
    title: 'Configuration of SuperBot',
    definitions: {
      ...(Object.fromEntries(defined) as Node),
      reference: { type: 'string', pattern: '\\$\\{', description: 'a value from the environment' },
    },
  };
}

/** Allows a `${NAME}` for every value that is not just any text, and null for a group left empty. */
function asWritten(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asWritten);
  if (typeof node !== 'object' || node === null) return node;
  const copy: Node = {};
  for (const [key, value] of Object.entries(node))
    copy[key] = key === 'propertyNames' || key === 'default' ? value : asWritten(value);
  const { type } = copy;
  if ((type === 'object' || type === 'array') && 'default' in copy)
    return { ...copy, type: [type, 'null'] };
  if (!isNarrow(copy)) return copy;
  const { description, default: standard, ...rest } = copy;
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [rest, { $ref: '#/definitions/reference' }],
  };
}

function isNarrow({ type, pattern, enum: choices, const: constant }: Node): boolean {
  if (constant !== undefined) return false;
  const types = Array.isArray(type) ? type : [type];
  if (types.some((name) => ['integer', 'number', 'boolean'].includes(String(name)))) return true;
  return pattern !== undefined || choices !== undefined;
}
