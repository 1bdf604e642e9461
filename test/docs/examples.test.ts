import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { parse } from 'yaml';
import { createProgram } from '../../cli/program.ts';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/paths.ts';
import { pythonEnv, whyNoPython } from '../support/python.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { type Block, blocksOf } from './examples/blocks.ts';
import { typeErrorsIn } from './examples/type-check.ts';

const pages = ['cache', 'events', 'http', 'new-module', 'redis', 'socket', 'threads'];
const blocks = pages.flatMap((page) => blocksOf(`${page}.md`));
const noPython = whyNoPython();

function inLanguage(...languages: readonly string[]): Block[] {
  return blocks.filter(({ language }) => languages.includes(language));
}

describe('the examples of the documentation', () => {
  const freshFolder = temporaryFolders();

  it('are in languages that are tested below, and some in each', () => {
    const tested = ['console', 'js', 'json', 'python', 'ts', 'yaml'];
    expect([...new Set(blocks.map(({ language }) => language))].sort()).to.deep.equal(tested);
  });

  it('in TypeScript and JavaScript fit the types of what modules import', function () {
    this.timeout(120_000);
    const text = `await module.publsh('a', 1);\nmodule.subscribe('a', ({ tpic }) => tpic);\n`;
    const wrong = { language: 'ts', text, place: 'here' };
    const [field, typo, ...others] = typeErrorsIn([...inLanguage('ts', 'js'), wrong]).toReversed();
    expect(others).to.deep.equal([]);
    expect(typo).to.match(/^here: Property 'publsh' does not exist on type 'Module'/);
    expect(field).to.match(/^here: Property 'tpic' does not exist on type/);
  });

  it(`in Python call what superbot_module has${noPython === null ? '' : ` (skipped: ${noPython})`}`, function () {
    if (noPython !== null) this.skip();
    const wrong = [
      ['module.publsh("a", 1)', 'there is no Module.publsh'],
      ['module.cache.get("a", near=1)', "get: got an unexpected keyword argument 'near'"],
      ['superbot_module.connect(', "'(' was never closed (<unknown>, line 1)"],
    ] as const;
    const examples = [...inLanguage('python'), ...wrong.map(([text]) => ({ place: 'here', text }))];
    const checker = join(packageRoot(), 'test', 'fixtures', 'check_examples.py');
    const input = JSON.stringify(examples);
    const found = execFileSync('python3', [checker], { env: pythonEnv, input, encoding: 'utf8' });
    expect(JSON.parse(found)).to.deep.equal(wrong.map(([, why]) => `here: ${why}`));
  });

  for (const { place, text } of inLanguage('yaml'))
    it(`in YAML are a configuration: ${place}`, () => {
      const dir = join(freshFolder(), 'config');
      mkdirSync(dir);
      writeFileSync(join(dir, 'daemon.yaml'), 'daemon: {}\n');
      const example = parse(text) as object;
      const isInfrastructure = 'infrastructure' in example;
      const whole =
        isInfrastructure || 'daemon' in example ? example : { daemon: { modules: example } };
      const file = isInfrastructure ? 'infrastructure.yaml' : 'daemon.yaml';
      writeFileSync(join(dir, file), JSON.stringify(whole));
      const loaded = loadConfig({ configDir: dir, env: { REDIS_URL: 'redis://localhost' } });
      expect(loaded.ok ? [] : loaded.problems).to.deep.equal([]);
      expect(loaded.notices).to.deep.equal([]);
    });

  for (const { place, text } of inLanguage('json'))
    it(`in JSON are JSON: ${place}`, () => {
      expect(JSON.parse(text)).to.be.an('object');
    });

  for (const { place, text } of inLanguage('console'))
    it(`on the command line are commands of superbot-cli: ${place}`, async () => {
      const lines = text.split('\n').filter((line) => line.startsWith('$ '));
      expect(lines).to.not.deep.equal([]);
      for (const line of lines) await reachesItsAction(line);
    });
});

/** Rejects as the program does for a command, an option or an argument that it does not know. */
async function reachesItsAction(line: string): Promise<void> {
  const [, name, ...args] = wordsOf(line.replace(/ +# .*$/, ''));
  expect(name, line).to.equal('superbot-cli');
  let count = 0;
  const program = createProgram(() => {
    count += 1;
    return Promise.resolve();
  });
  await program.parseAsync(args, { from: 'user' });
  expect(count, line).to.equal(1);
}

/** As a shell takes a line apart, as far as the pages need it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain);
}
