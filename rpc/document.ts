/**
 * docs/rpc.md, made from the same table as `rpc.discover`. Laid out as prettier would, so that the
 * page passes the formatting check as it is.
 */
import type { MethodDescription, OpenRpcDocument } from './discover.ts';
import { errorCatalogue, type ErrorKind } from './errors.ts';
import type { JsonSchema } from './json-schema.ts';
import { membersOf, membersText, typeText, type NamedShapes } from './notation.ts';

export function rpcPage(document: OpenRpcDocument): string {
  const { schemas } = document.components;
  const shapes = Object.entries(schemas).map(([name, schema]) => {
    const members = membersOf(schema);
    const text = members.length > 0 ? membersText(members, schemas) : typeText(schema, schemas);
    return `### \`${name}\`\n\n${fenced(text)}`;
  });
  const pushed = document['x-notifications'].map(
    ({ name, params }) => `### \`${name}\`\n\n${fenced(membersText(params, schemas))}`,
  );
  return [
    introduction,
    '## Errors',
    errorTable(),
    '## Methods',
    ...document.methods.map((method) => methodSection(method, document)),
    '## What the daemon calls on a module’s link',
    ...document['x-module-methods'].map((method) => methodSection(method, document)),
    '## Notifications',
    'Sent by the daemon to the connection that subscribed.',
    ...pushed,
    '## Shapes',
    ...shapes,
  ]
    .join('\n\n')
    .concat('\n');
}

const introduction = `<!-- Generated from rpc/contract.ts by "npm run generate". Do not edit. -->

# The RPC interface

JSON-RPC 2.0, one message per line, on the endpoint that the home directory's file \`endpoint\` names.
Params travel by name. \`superbot-cli rpc call METHOD [JSON]\` calls any of these methods, and
\`superbot-cli rpc discover\` prints this page's content as an OpenRPC document.

Access is the least role that may call: an operator may call everything, an observer only what is
marked observer, a module those and what is marked module, and anyone says that no role is needed.
A method that a module has claimed and that is not listed here is for operators, and for modules that
depend on that module.

Every call can also be answered with −32700, −32600 and −32601. In types, \`?\` marks what may be left out.`;

function methodSection(method: MethodDescription, document: OpenRpcDocument): string {
  const { schemas, errors } = document.components;
  const codes = method.errors.map(({ $ref }) => {
    const kind = $ref.split('/').at(-1) as ErrorKind;
    return minus(errors[kind].code);
  });
  const by = method['x-claimed'] === undefined ? '' : ' Answered by the module that claimed it.';
  const types = [
    `params: ${membersText(method.params, schemas)}`,
    `result: ${resultText(method.result.schema, schemas)}`,
  ];
  return [
    `### \`${method.name}\``,
    `${sentence(method.summary)}${by}`,
    `Access: ${method['x-access']}. Errors: ${codes.join(', ')}.`,
    fenced(types.join('\n')),
  ].join('\n\n');
}

function resultText(schema: JsonSchema, named: NamedShapes): string {
  const text = typeText(schema, named);
  return text.length <= 90 ? text : membersText(membersOf(schema), named);
}

function errorTable(): string {
  const rows = Object.values(errorCatalogue).map(({ code, title, exitStatus }) => [
    minus(code),
    title,
    String(exitStatus),
  ]);
  return table([['code', 'meaning', 'exit status of the CLI'], ...rows]);
}

function table([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function minus(code: number): string {
  return `−${Math.abs(code)}`;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

// Not marked as TypeScript, which prettier would lay out in its own way.
function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}
