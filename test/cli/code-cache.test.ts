import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { BundledCli } from './bundle.ts';

describe('the code cache of a bundled program', () => {
  const cli = new BundledCli();
  const kept = new Map<string, Buffer>();
  let bundle: string;
  let cache: string;
  before(() => {
    const folder = dirname(cli.program);
    const files = readdirSync(folder).map((file) => join(folder, file));
    bundle = files.find((file) => file.endsWith('.bundle.cjs')) ?? '';
    cache = files.find((file) => file.endsWith('.code-cache')) ?? '';
    for (const file of [bundle, cache]) kept.set(file, readFileSync(file));
  });
  afterEach(() => {
    for (const [file, content] of kept) writeFileSync(file, content);
  });

  async function run(env = {}): Promise<void> {
    const { status, stdout, stderr } = await cli.run(['--version'], env);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  }

  // Under coverage Node's own loader runs the bundle.
  const ranOutOfIt = { NODE_V8_COVERAGE: '' };

  it('is what runs: a bundle that was blanked out does its work all the same', async () => {
    writeFileSync(bundle, ' '.repeat(kept.get(bundle)!.length));
    await run(ranOutOfIt);
  });

  it('may be missing', async () => {
    rmSync(cache);
    await run();
  });

  it('is passed over when a part of it is missing', async () => {
    truncateSync(cache, Math.floor(kept.get(cache)!.length / 2));
    await run();
  });

  it('is passed over when it is of another length', async () => {
    writeFileSync(cache, Buffer.concat([kept.get(cache)!, Buffer.alloc(8)]));
    await run();
  });

  it('is passed over when another version of V8 made it', async () => {
    const foreign = Buffer.from(kept.get(cache)!);
    foreign.fill(0, 0, 16);
    writeFileSync(cache, foreign);
    await run();
  });

  it('is passed over when the bundle has changed since', async () => {
    const code = kept.get(bundle)!.toString('latin1');
    writeFileSync(bundle, `${code}\nprocess.on('exit', () => process.exitCode = 42);\n`);
    expect((await cli.run(['--version'])).status).to.equal(42);
  });

  it('is passed over under flags other than those of its making', async () => {
    await run({ NODE_OPTIONS: '--max-old-space-size=200' });
  });
});
