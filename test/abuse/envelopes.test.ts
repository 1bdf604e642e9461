// Every combination of missing and wrong members, alone and in batches, against the oracle.
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { abusedDaemon, ways } from './abused-daemon.ts';
import { expectedTexts, receivedTexts } from './oracle.ts';
import { runs, seed } from './seed.ts';

/** Stands for a member that is not there. */
const absent = null;

/** JSON texts rather than values: -0, 1e999 and numbers of 20 digits have no other form. */
const members: Record<string, readonly (string | null)[]> = {
  jsonrpc: ['"2.0"', absent, '"1.0"', '2', 'null'],
  id: [
    ...['7', absent, 'null', '"a"', '""', '"\\u0000\\ud800"', '0', '-0', '-1.5', '1e3', '1e-400'],
    ...['9007199254740991', '9007199254740993', '-12345678901234567890', '1e999', '-1e999'],
    ...['true', '{}', '[]', '[7]'],
  ],
  method: ['"module.list"', absent, '"no.such"', '""', '"__proto__"', '7', 'null', '[]'],
  params: ['{}', absent, '[]', '{"x":1}', '{"__proto__":{"x":1}}', '[1]', 'null', '"x"', 'false'],
  answer: [absent, '"result":null', '"error":{"code":1,"message":"m"}'],
};

const combinations = combine(Object.entries(members));

describe('envelopes', () => {
  for (const way of ways) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way);

      async function expectAnswered(lines: readonly string[]): Promise<void> {
        const received = await daemon.exchange(lines.map((each) => `${each}\n`).join(''));
        const bytes = lines.map((each) => Buffer.from(each));
        expect(receivedTexts(received)).to.deep.equal(expectedTexts(bytes, daemon.oracle));
      }

      // All of them in one way is enough: behind the token the wire is the same.
      const asked = combinations.filter((_, n) => way === 'unix' || n % 7 === 0);

      it(`answers each of ${asked.length} combinations as the specification says`, async () => {
        const perConnection = 500;
        for (let at = 0; at < asked.length; at += perConnection) {
          await expectAnswered(asked.slice(at, at + perConnection));
        }
      });

      it(`answers batches of anything, alone and mixed (FUZZ_SEED=${seed})`, async () => {
        const element = fc.oneof(
          { weight: 8, arbitrary: fc.constantFrom(...combinations) },
          { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
        );
        const batch = fc
          .array(element, { minLength: 0, maxLength: 110, size: 'max' })
          .map((elements) => `[${elements.join(',')}]`);
        const message = fc.oneof(element, batch);
        await fc.assert(
          fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), expectAnswered),
          runs(60),
        );
      });

      it('answers 100 elements of every kind in one array, each id as often as it came', async () => {
        const stride = Math.floor(combinations.length / 100);
        const every = Array.from({ length: 100 }, (_, n) => combinations[n * stride] ?? '0');
        const same = Array(100).fill('{"jsonrpc":"2.0","method":"module.list","id":"same"}');
        const silent = Array(100).fill('{"jsonrpc":"2.0","method":"module.list"}');
        const nulls = Array(100).fill('null');
        for (const elements of [every, same, silent, nulls]) {
          await expectAnswered([`[${elements.join(',')}]`]);
          await expectAnswered([`[${elements.join(',')},1]`]);
        }
      });

      it('refuses a wrong member auth call by call, and none of its notifications', async () => {
        const auths = ['"wrong"', '""', 'null', '7', '{}', JSON.stringify(daemon.token)];
        const calls = auths.flatMap((auth) => [
          `{"jsonrpc":"2.0","method":"module.list","id":${JSON.stringify(auth)},"auth":${auth}}`,
          `{"jsonrpc":"2.0","method":"module.list","auth":${auth}}`,
          `{"jsonrpc":"2.0","method":7,"id":1,"auth":${auth}}`,
        ]);
        await expectAnswered([...calls, `[${calls.join(',')}]`]);
      });
    });
  }
});

function combine(entries: readonly (readonly [string, readonly (string | null)[]])[]): string[] {
  let texts: readonly string[][] = [[]];
  for (const [key, values] of entries) {
    texts = texts.flatMap((parts) =>
      values.map((value) => {
        if (value === absent) return parts;
        return [...parts, key === 'answer' ? value : `"${key}":${value}`];
      }),
    );
  }
  return texts.map((parts) => `{${parts.join(',')}}`);
}
