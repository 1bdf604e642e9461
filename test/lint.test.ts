import { expect } from 'chai';
import { ESLint } from 'eslint';
import { before, describe, it } from 'mocha';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/paths.ts';
import { temporaryFolders } from './support/temporary-folder.ts';

describe('the lint rules (row 98)', function () {
  this.timeout(120_000);
  const freshFolder = temporaryFolders();
  let eslint: ESLint;
  let filePath: string;

  // A project of one file, with the rules and the types of this one, which takes long to read.
  before(() => {
    const folder = freshFolder();
    filePath = join(folder, 'daemon', 'part.ts');
    mkdirSync(join(folder, 'daemon'));
    writeFileSync(filePath, '');
    const compilerOptions = { typeRoots: [join(packageRoot(), 'node_modules', '@types')] };
    const config = { extends: join(packageRoot(), 'tsconfig.json'), compilerOptions };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ ...config, include: ['daemon'] }),
    );
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const overrideConfigFile = join(packageRoot(), 'eslint.config.js');
    eslint = new ESLint({ cwd: folder, overrideConfigFile });
  });

  /** What the project's rules say of a text, as if it stood in a file of the daemon. */
  async function rulesBroken(code: string): Promise<(string | null)[]> {
    const [result] = await eslint.lintText(code, { filePath });
    return (result?.messages ?? []).map(({ ruleId }) => ruleId);
  }

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
