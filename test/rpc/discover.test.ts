import Ajv from 'ajv';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { describe, it } from 'mocha';
import { methods } from '../../rpc/contract.ts';
import { moduleMethods, notifications } from '../../rpc/outgoing.ts';
import { describeContract, withClaimed } from '../../rpc/discover.ts';
import { errorCatalogue } from '../../rpc/errors.ts';

const document = describeContract('1.2.3');

const require = createRequire(import.meta.url);
const { default: metaSchema } = require('@open-rpc/meta-schema') as { default: object };

function validator(): Ajv.Ajv {
  const ajv = new Ajv();
  // The meta-schema takes JSON Schema's own from this address, where it has one more name.
  const { definitions, ...draft7 } = require('ajv/lib/refs/json-schema-draft-07.json') as {
    definitions: object;
  };
  const named = { ...definitions, JSONSchemaObject: { properties: { $ref: { type: 'string' } } } };
  for (const $id of ['https://meta.json-schema.tools', 'https://meta.json-schema.tools/']) {
    ajv.addSchema({ ...draft7, $id, definitions: named });
  }
  return ajv;
}

describe('the document of rpc.discover', () => {
  it('is valid OpenRPC, as the meta-schema has it', () => {
    const ajv = validator();
    const claimed = [{ method: 'trading.secret', module: 'trading' }];
    const isValid = ajv.validate(asDraft7(metaSchema), plain(withClaimed(document, claimed)));
    expect(ajv.errorsText(), 'errors').to.equal('No errors');
    expect(isValid).to.equal(true);
  });

  it('would be refused by that meta-schema with a method that lacks its params', () => {
    const mangled = { ...(plain(document) as object), methods: [{ name: 'module.list' }] };
    expect(validator().validate(asDraft7(metaSchema), mangled)).to.equal(false);
  });

  it('lists every row of the table once, with its access', () => {
    const listed = document.methods.map((method) => [method.name, method['x-access']]);
    const rows = Object.entries(methods).map(([name, { access }]) => [name, access]);
    expect(listed).to.deep.equal(rows);
    expect(document['x-module-methods'].map(({ name }) => name)).to.deep.equal(
      Object.keys(moduleMethods),
    );
    expect(document['x-notifications'].map(({ name }) => name)).to.deep.equal(
      Object.keys(notifications),
    );
  });

  it('takes every method’s params by name, required ones marked', () => {
    const start = document.methods.find(({ name }) => name === 'module.start');
    expect(start?.paramStructure).to.equal('by-name');
    const required = start?.params.map(({ name, required: isRequired }) => [name, isRequired]);
    expect(required).to.deep.include.members([
      ['module', true],
      ['params', false],
    ]);
  });

  it('holds no reference that leads nowhere, and no document inside the document', () => {
    const text = JSON.stringify(document);
    expect(text).to.not.contain('"$schema"').and.not.contain('"$id"').and.not.contain('__schema');
    const known = new Set([
      ...Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`),
      ...Object.keys(document.components.errors).map((kind) => `#/components/errors/${kind}`),
    ]);
    const used = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(used).to.not.be.empty;
    expect(used.filter((reference) => !known.has(reference ?? ''))).to.deep.equal([]);
  });

  it('has a schema for every param that accepts and refuses what the daemon does', () => {
    const ajv = new Ajv();
    const tail = document.methods.find(({ name }) => name === 'logs.tail')!;
    const lines = tail.params.find(({ name }) => name === 'lines')!.schema;
    for (const value of [0, 10_000, -1, 10_001, 1.5, '1']) {
      const isAccepted = methods['logs.tail'].params.safeParse({ lines: value }).success;
      expect(ajv.validate(lines, value), String(value)).to.equal(isAccepted);
    }
  });

  it('names every error of the catalogue with its code', () => {
    const codes = Object.values(document.components.errors).map(({ code }) => code);
    expect(codes).to.deep.equal(Object.values(errorCatalogue).map(({ code }) => code));
  });

  it('adds what modules have claimed outside the table, and nothing twice', () => {
    const claimed = [
      { method: 'trading.balance', module: 'trading' },
      { method: 'trading.secret', module: 'trading' },
    ];
    const added = withClaimed(document, claimed).methods.slice(document.methods.length);
    expect(added.map((method) => [method.name, method['x-claimed']])).to.deep.equal([
      ['trading.secret', 'trading'],
    ]);
    expect(document.methods).to.have.lengthOf(Object.keys(methods).length);
  });
});

// ajv 6 knows draft 7 without asking anybody; the meta-schema names another address for it.
function asDraft7(schema: object): object {
  return { ...schema, $schema: 'http://json-schema.org/draft-07/schema#' };
}

/** As it travels. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
