/**
 * The contract's table as an OpenRPC document (https://spec.open-rpc.org), the answer of
 * `rpc.discover`. What OpenRPC has no word for is in extensions: `x-access` is the least role that
 * may call, `x-claimed` marks what a module answers, `x-module-methods` are the calls that the daemon
 * makes on a module's link, `x-notifications` what it sends to subscribers.
 */
import * as z from 'zod';
import { methods } from './contract.ts';
import { moduleMethods, notifications } from './outgoing.ts';
import type { Access, MethodRow } from './row.ts';
import { errorCatalogue, type ErrorKind } from './errors.ts';
import { SchemaCollection, type JsonSchema } from './json-schema.ts';

export interface ContentDescriptor {
  readonly name: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

export interface MethodDescription {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: 'by-name' | 'either';
  readonly params: readonly ContentDescriptor[];
  readonly result: ContentDescriptor;
  readonly errors: readonly { readonly $ref: string }[];
  readonly 'x-access': Access;
  /** The module that answers; `true` in the table, where any that provides the namespace may. */
  readonly 'x-claimed'?: string | true;
}

export interface OpenRpcDocument {
  readonly openrpc: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly methods: MethodDescription[];
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly errors: Readonly<Record<ErrorKind, { code: number; message: string }>>;
  };
  readonly 'x-module-methods': readonly MethodDescription[];
  readonly 'x-notifications': readonly { name: string; params: readonly ContentDescriptor[] }[];
}

/** A method outside the table that a module has claimed over its link. */
export interface ClaimedMethod {
  readonly method: string;
  readonly module: string;
}

/** The document of the table alone. Takes some 20 ms: keep the result. */
export function describeContract(version: string): OpenRpcDocument {
  const schemas = new SchemaCollection();
  const describe = ([name, row]: [string, MethodRow]) => describeMethod(name, row, schemas);
  const described = Object.entries<MethodRow>(methods).map(describe);
  const onLinks = Object.entries<MethodRow>(moduleMethods).map(describe);
  const pushed = Object.entries(notifications).map(([name, schema]) => ({
    name,
    params: describeParams(schema, schemas),
  }));
  return {
    openrpc: '1.3.2',
    info: {
      title: 'SuperBot',
      version,
      description: 'The API of the SuperBot daemon: JSON-RPC 2.0, one message a line.',
    },
    methods: described,
    components: { schemas: schemas.named, errors: describeErrors() },
    'x-module-methods': onLinks,
    'x-notifications': pushed,
  };
}

/** The document with the methods that modules answer at present; what they take is not known. */
export function withClaimed(
  document: OpenRpcDocument,
  claimed: readonly ClaimedMethod[],
): OpenRpcDocument {
  const known = new Set(document.methods.map(({ name }) => name));
  const added = claimed
    .filter(({ method }) => !known.has(method))
    .map(({ method, module }): MethodDescription => ({
      name: method,
      summary: `answered by the module "${module}"`,
      paramStructure: 'either',
      params: [],
      result: { name: 'result', schema: {} },
      errors: references(['unauthenticated', 'refused', 'notRunning', 'timeout']),
      'x-access': 'operator',
      'x-claimed': module,
    }));
  return { ...document, methods: [...document.methods, ...added] };
}

function describeMethod(name: string, row: MethodRow, schemas: SchemaCollection) {
  const description: MethodDescription = {
    name,
    summary: row.summary,
    paramStructure: 'by-name',
    params: describeParams(row.params, schemas),
    result: { name: 'result', schema: schemas.convert(row.result) },
    errors: references(errorsOf(row)),
    'x-access': row.access,
    ...(row.claimed === true ? { 'x-claimed': true } : {}),
  };
  return description;
}

function describeParams(schema: z.ZodType, schemas: SchemaCollection): ContentDescriptor[] {
  const { properties = {}, required = [] } = schemas.convert(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property,
  }));
}

/** What every row can meet by its access and its params, and what the table adds to that. */
function errorsOf(row: MethodRow): ErrorKind[] {
  const found = new Set<ErrorKind>(['invalidParams', 'internal', 'unauthenticated']);
  if (row.access === 'operator' || row.access === 'module') found.add('refused');
  if (row.claimed === true) found.add('notRunning').add('timeout');
  if (row.params instanceof z.ZodObject && Object.keys(row.params.shape).some(isName)) {
    found.add('notFound');
  }
  for (const kind of row.errors ?? []) found.add(kind);
  return (Object.keys(errorCatalogue) as ErrorKind[]).filter((kind) => found.has(kind));
}

/** Params that name something which may not exist. */
function isName(param: string): boolean {
  return param === 'module' || param === 'job' || param === 'subscription';
}

function references(kinds: readonly ErrorKind[]): { $ref: string }[] {
  return kinds.map((kind) => ({ $ref: `#/components/errors/${kind}` }));
}

function describeErrors(): OpenRpcDocument['components']['errors'] {
  const entries = Object.entries(errorCatalogue).map(
    ([kind, { code, title }]) => [kind, { code, message: title }] as const,
  );
  return Object.fromEntries(entries) as OpenRpcDocument['components']['errors'];
}
