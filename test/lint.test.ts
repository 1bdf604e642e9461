import { expect } from 'chai';
import { ESLint } from 'eslint';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { packageRoot } from '../config/paths.ts';

const eslint = new ESLint({ cwd: packageRoot() });

/** What the project's rules say of a text, as if it stood in a file of the daemon. */
async function rulesBroken(code: string): Promise<(string | null)[]> {
  const filePath = join(packageRoot(), 'daemon', 'part.ts');
  const [result] = await eslint.lintText(code, { filePath });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

describe('the lint rules (row 98)', function () {
  this.timeout(120_000);
  const rows: [string, string, string][] = [
    ['an empty catch', 'try { JSON.parse("x"); } catch {}', 'no-empty'],
    ['a catch that forgets', 'void fetch("x").catch(() => {});', 'no-restricted-syntax'],
    [
      'one that makes nothing of it',
      'void fetch("x").catch(() => undefined);',
      'no-restricted-syntax',
    ],
    ['the address of a service', 'export const api = "wss://a.b/c";', 'no-restricted-syntax'],
    ['a path of one machine', 'export const dir = "/var/lib/bot";', 'no-restricted-syntax'],
    ['a promise that nobody awaits', 'fetch("x");', '@typescript-eslint/no-floating-promises'],
    [
      'a promise where a plain function is expected',
      '[1].forEach(async () => { await fetch("x"); });',
      '@typescript-eslint/no-misused-promises',
    ],
    [
      'a setting taken from the environment in the middle of the code',
      'export const port = process.env["PORT"];',
      'no-restricted-properties',
    ],
  ];
  for (const [title, code, rule] of rows) {
    it(`refuse ${title}`, async () => {
      expect(await rulesBroken(`${code}\n`)).to.include(rule);
    });
  }

  it('have nothing against an error that is handled', async () => {
    const code = 'export const ok = (): Promise<unknown> => fetch("x").catch(String);\n';
    expect(await rulesBroken(code)).to.deep.equal([]);
  });
});
