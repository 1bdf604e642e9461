// Tokens good and bad in every order, in pieces, and while other things are under way.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { abusedDaemon, line, login, request, waysWithToken } from './abused-daemon.ts';
import { receivedTexts } from './oracle.ts';

const slow = { type: 'exec', command: ['sleep', '1000'], ready: { after: '300ms' } };
const wrongToken = 'f'.repeat(64);

type Known = 'operator' | 'observer';

/** What one message of the race does: who the sender is then (null: refused), and what is done. */
interface Step {
  readonly name: string;
  readonly message: (tokens: Record<Known, string>) => object;
  readonly known: Known | 'wrong' | 'unsaid';
  /** An observer may not. */
  readonly isForOperators: boolean;
}

const steps: readonly Step[] = [
  {
    name: 'login',
    message: ({ operator }) => login(operator, 'login'),
    known: 'operator',
    isForOperators: false,
  },
  {
    name: 'observer login',
    message: ({ observer }) => login(observer, 'observer login'),
    known: 'observer',
    isForOperators: false,
  },
  {
    name: 'wrong login',
    message: () => login(wrongToken, 'wrong login'),
    known: 'wrong',
    isForOperators: false,
  },
  {
    name: 'stop',
    message: () => request('module.stop', { module: 'slow' }, 'stop'),
    known: 'unsaid',
    isForOperators: true,
  },
  {
    name: 'stop with auth',
    message: ({ operator }) => ({
      ...request('module.stop', { module: 'slow' }, 'stop with auth'),
      auth: operator,
    }),
    known: 'operator',
    isForOperators: true,
  },
  {
    name: 'stop with wrong auth',
    message: () => ({
      ...request('module.stop', { module: 'slow' }, 'stop with wrong auth'),
      auth: wrongToken,
    }),
    known: 'wrong',
    isForOperators: true,
  },
];

/** Answers in the order of the specification of a sender that is known from one line to the next. */
function expectedOf(order: readonly Step[]): string[] {
  let sender: Known | null = null;
  const answers: string[] = [];
  for (const { name, known, isForOperators } of order) {
    if (known === 'operator' || known === 'observer') sender = known;
    if (known === 'wrong' || sender === null) answers.push(`"${name}" → -32001`);
    else if (isForOperators && sender === 'observer') answers.push(`"${name}" → -32007`);
    else answers.push(`"${name}" → ok`);
    if (sender === null) break;
  }
  return answers.sort();
}

describe('authentication', () => {
  for (const way of waysWithToken) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way, { modules: { slow } });
      const tokens = (): Record<Known, string> => ({
        operator: daemon.token,
        observer: daemon.observerToken,
      });

      it('knows each sender from line to line, in all orders of good and bad tokens', async () => {
        // All of them in one way; the rest is the same code behind another socket.
        const orders = permutations(steps).filter((_, n) => way === 'tcp' || n % 5 === 0);
        while (orders.length > 0) {
          // Side by side, but fewer than may be unknown at the same time.
          await Promise.all(orders.splice(0, 10).map(expectInOrder));
        }
      });

      async function expectInOrder(order: readonly Step[]): Promise<void> {
        const client = await daemon.open();
        client.write(order.map(({ message }) => line(message(tokens()))).join(''));
        client.end();
        const received = receivedTexts(await client.ended);
        const shown = order.map(({ name }) => name).join(', ');
        expect(received, shown).to.deep.equal(expectedOf(order));
      }

      it('takes a token in two packets, wherever it is cut', async () => {
        const bytes = Buffer.from(line(login(daemon.token)));
        for (let at = 1; at < bytes.length; at += 1) {
          const client = await daemon.open();
          client.write(bytes.subarray(0, at));
          await nextTurn();
          client.write(bytes.subarray(at));
          expect(await client.receive()).to.have.nested.property('result.role', 'operator');
          client.destroy();
          await client.ended;
        }
      });

      it('takes 4 KB from a stranger, and not one byte more', async () => {
        const fits = { ...login(daemon.token), filler: '' };
        const room = 4096 - JSON.stringify(fits).length;
        const fitting = await daemon.open();
        fitting.send({ ...fits, filler: 'x'.repeat(room) });
        expect(await fitting.receive()).to.have.nested.property('result.role', 'operator');
        const large = await daemon.open();
        large.send({ ...fits, filler: 'x'.repeat(room + 1) });
        expect(await large.ended).to.equal('');
      });

      it('takes no answer, and nothing that begins with one, from a stranger', async () => {
        const answer = { jsonrpc: '2.0', id: 1, result: {} };
        for (const first of [answer, [answer], [answer, { ...login(daemon.token) }]]) {
          const client = await daemon.open();
          client.send(first);
          client.send(login(daemon.token));
          const received = await client.ended;
          expect(receivedTexts(received)).to.deep.equal(['null → -32001']);
        }
      });

      it('goes on with what an operator has begun when the connection becomes an observer', async () => {
        const client = await daemon.enter();
        client.send(request('module.start', { module: 'slow' }, 'start'));
        client.send(login(daemon.observerToken));
        client.send(request('module.stop', { module: 'slow' }, 'stop'));
        client.end();
        const received = (await client.ended).split('\n').slice(1).join('\n');
        expect(receivedTexts(received)).to.deep.equal([
          '"login" → ok',
          '"start" → ok',
          '"stop" → -32007',
        ]);
        expect((await daemon.home.module('slow')).state).to.equal('running');
        await daemon.ask(request('module.stop', { module: 'slow' }));
      });

      it('does nothing for a caller whose wrong token comes with the call', async () => {
        const start = request('module.start', { module: 'slow' });
        const attempts = [
          { ...start, auth: wrongToken },
          { jsonrpc: '2.0', method: 'module.start', params: { module: 'slow' }, auth: wrongToken },
          [start, { ...start, auth: daemon.token }],
          [
            { ...start, auth: wrongToken },
            { ...start, auth: daemon.token },
          ],
        ];
        for (const attempt of attempts) {
          const client = await daemon.open();
          client.send(attempt);
          expect(receivedTexts(await client.ended)).to.have.lengthOf(1);
        }
        expect((await daemon.home.module('slow')).state).to.equal('stopped');
      });
    });
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]),
  );
}
