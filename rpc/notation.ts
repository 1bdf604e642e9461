import type { ContentDescriptor } from './discover.ts';
import { namedSchemasPath, type JsonSchema } from './json-schema.ts';

/** An object type a line per member, each with its remark; `{}` when it has none. */
export function membersText(members: readonly ContentDescriptor[], named: NamedShapes): string {
  if (members.length === 0) return '{}';
  const lines = members.map(({ name, required, schema }) => {
    const mark = required === true ? '' : '?';
    return { code: `  ${name}${mark}: ${typeText(schema, named)}`, remark: remarkOf(schema) };
  });
  const texts = lines.map(({ code, remark }) => (remark === null ? code : `${code}  // ${remark}`));
  return ['{', ...texts, '}'].join('\n');
}

export function membersOf({ properties = {}, required = [] }: JsonSchema): ContentDescriptor[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema,
  }));
}

export type NamedShapes = Readonly<Record<string, JsonSchema>>;

/** A schema as a type on one line, such as `{modules: ModuleStatus[]}`. */
export function typeText(schema: JsonSchema, named: NamedShapes): string {
  if (schema.$ref !== undefined) return schema.$ref.replace(namedSchemasPath, '');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const [only, ...others] = schema.allOf ?? [];
  if (only !== undefined && others.length === 0) return typeText(only, named);
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map((one) => typeText(one, named)).join(' | ');
  }
  if (schema.type === 'array') return arrayText(schema.items ?? {}, named);
  if (schema.type === 'object') return objectText(schema, named);
  if (schema.type === undefined) return 'any';
  return typeof schema.type === 'string' ? schema.type : schema.type.join(' | ');
}

function arrayText(items: JsonSchema, named: NamedShapes): string {
  const text = typeText(items, named);
  return text.includes(' | ') ? `(${text})[]` : `${text}[]`;
}

function objectText(schema: JsonSchema, named: NamedShapes): string {
  const members = membersOf(schema);
  const { additionalProperties: others } = schema;
  if (members.length === 0 && typeof others === 'object') {
    return `{[name]: ${typeText(others, named)}}`;
  }
  const parent = extendedBy(schema, named);
  const own = members.filter(({ name }) => parent === null || !(name in parent.properties));
  const texts = own.map(
    ({ name, required, schema: member }) =>
      `${name}${required === true ? '' : '?'}: ${typeText(member, named)}`,
  );
  const text = `{${texts.join(', ')}}`;
  return parent === null ? text : `${parent.name} & ${text}`;
}

/** The named shape that has many of an object's members, all of them of the same type. */
function extendedBy({ properties = {} }: JsonSchema, named: NamedShapes) {
  for (const [name, { properties: inherited = {} }] of Object.entries(named)) {
    const isPart = Object.entries(inherited).every(
      ([key, member]) => JSON.stringify(properties[key]) === JSON.stringify(member),
    );
    if (isPart && Object.keys(inherited).length >= 5) return { name, properties: inherited };
  }
  return null;
}

function remarkOf(schema: JsonSchema): string | null {
  if (schema.description !== undefined) return schema.description;
  const [first] = schema.anyOf ?? [];
  return first?.description ?? null;
}
