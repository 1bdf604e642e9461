import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { methods } from '../../rpc/contract.ts';
import type { Refusal } from '../../rpc/refusal.ts';
import type { ClaimedMethods, Handlers } from '../../rpc/table.ts';
import { linkToken, observerToken, operatorToken, startServer, type TestServer } from './wire.ts';

type Letter = 'O' | 'M' | 'V' | 'anyone';

/** The access column of the user's contract, typed in anew: the table in the code must agree. */
const contract: Readonly<Record<string, Letter>> = {
  'daemon.status': 'V',
  'daemon.stop': 'O',
  'daemon.reload_config': 'O',
  'module.start': 'O',
  'module.stop': 'O',
  'module.restart': 'O',
  'module.status': 'V',
  'module.list': 'V',
  'module.explain': 'V',
  'trading.positions': 'V',
  'trading.orders': 'V',
  'trading.balance': 'V',
  'collector.status': 'V',
  'collector.coverage': 'V',
  'collector.collect': 'O',
  'collector.query': 'V',
  'stress.status': 'V',
  'stress.events': 'V',
  'stress.show': 'V',
  'stress.history': 'V',
  'stress.prune': 'O',
  'database.status': 'V',
  'database.backup': 'O',
  'database.restore': 'O',
  'database.migrate': 'O',
  'database.job': 'V',
  'monitoring.health': 'V',
  'monitoring.metrics': 'V',
  'monitoring.resources': 'V',
  'monitoring.report': 'V',
  'logs.stream': 'V',
  'logs.tail': 'V',
  'schedule.list': 'V',
  'schedule.run': 'O',
  'schedule.pause': 'O',
  'schedule.resume': 'O',
  'events.subscribe': 'V',
  'events.publish': 'M',
  'events.history': 'V',
  'events.stats': 'V',
  'subscription.cancel': 'V',
  'cache.get': 'M',
  'cache.set': 'M',
  'cache.delete': 'M',
  'cache.stats': 'V',
  'config.show': 'O',
  'config.validate': 'O',
  'config.get': 'M',
  'rpc.discover': 'V',
  'auth.login': 'anyone',
  'link.hello': 'anyone',
  'link.ready': 'M',
  'link.halt': 'M',
};

const roles = [
  { role: 'operator', token: operatorToken, may: ['O', 'M', 'V', 'anyone'] },
  { role: 'module', token: linkToken, may: ['M', 'V', 'anyone'] },
  { role: 'observer', token: observerToken, may: ['V', 'anyone'] },
] as const;

const handlers = Object.fromEntries(
  Object.keys(methods).map((name) => [name, () => ({})]),
) as unknown as Handlers;

const claimed: ClaimedMethods = { has: () => false, call: () => Promise.resolve({}) };

interface Answer {
  error?: { code: number; data?: object };
}

describe('access to the rows of the table', () => {
  let server: TestServer;
  const refusals: Refusal[] = [];

  before(async () => {
    const onRefusal = (refusal: Refusal) => void refusals.push(refusal);
    server = await startServer({ handlers, claimed, onRefusal, transport: 'tcp' });
  });
  after(() => server.stop());

  it('is what the contract says, row by row', () => {
    for (const [name, { access }] of Object.entries(methods)) {
      const letter = { operator: 'O', module: 'M', observer: 'V', anyone: 'anyone' }[access];
      expect(letter, name).to.equal(contract[name]);
    }
  });

  for (const { role, token, may } of roles) {
    for (const [method, letter] of Object.entries(contract)) {
      if (!Object.hasOwn(methods, method)) continue;
      const allowed = (may as readonly Letter[]).includes(letter);
      it(`${allowed ? 'lets' : 'does not let'} the role ${role} call ${method}`, async () => {
        refusals.length = 0;
        const client = await server.connect();
        const call = { jsonrpc: '2.0', id: 1, method, auth: token };
        const { error } = (await client.ask(call)) as Answer;
        // Params are checked after access, so -32602 means that the caller got past it.
        expect([undefined, -32602].includes(error?.code), String(error?.code)).to.equal(allowed);
        if (allowed) expect(refusals).to.deep.equal([]);
        else {
          expect(error)
            .to.deep.include({ code: -32007 })
            .and.to.have.nested.property('data.reason', 'role');
          expect(refusals).to.have.lengthOf(1);
          expect(refusals[0]).to.include({ kind: 'role', method, role, transport: 'tcp' });
        }
        client.destroy();
      });
    }
  }

  const unknown: [string, (text: string) => string][] = [
    ['a call without a token', (call) => call],
    ['a call with a wrong token', (call) => call.replace('{', '{"auth":"x",')],
    ['a login with a wrong token', () => loginText('x')],
    ['a login with a token that is no text', () => loginText(7)],
    ['a batch without a token', (call) => `[${call}]`],
    ['a line that is not JSON', () => 'POST / HTTP/1.1'],
    ['an endless line', () => 'x'.repeat(5000)],
  ];
  for (const [name, textOf] of unknown) {
    it(`tells once of a stranger with ${name}`, async () => {
      refusals.length = 0;
      const client = await server.connect();
      client.write(`${textOf('{"jsonrpc":"2.0","id":1,"method":"module.list"}')}\n`);
      await client.ended;
      expect(refusals.map(({ kind, role }) => ({ kind, role }))).to.deep.equal([
        { kind: 'authentication', role: null },
      ]);
    });
  }

  it('tells of a wrong token on a connection that is known already', async () => {
    refusals.length = 0;
    const client = await server.connect();
    await client.ask({ jsonrpc: '2.0', id: 1, method: 'module.list', auth: observerToken });
    await client.ask({ jsonrpc: '2.0', id: 2, method: 'module.list', auth: 'x' });
    expect(refusals).to.have.lengthOf(1);
    expect(refusals[0]).to.include({ kind: 'authentication', method: 'module.list' });
  });
});

function loginText(token: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth.login', params: { token } });
}
