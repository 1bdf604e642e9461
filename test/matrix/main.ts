/**
 * `npm run test:matrix [-- VERSION…]`: the built tests on other versions of Node, one after the
 * other, then a table, then the sum of all in the form in which every run ends. The exit status is 1
 * when a test failed or a version could not be had. `--install` only fetches the versions.
 */
import { parseArgs } from 'node:util';
import { installNode } from './node-version.ts';
import { formatMatrix, formatSum, type Outcome } from './outcome.ts';
import { runSuite } from './suite.ts';

const everyVersion = ['20', '22', '24', '26'];

const { values, positionals } = parseArgs({
  options: { install: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const versions = positionals.length > 0 ? positionals : everyVersion;
const wrong = versions.filter((version) => !/^\d+(\.\d+){0,2}$/.test(version));
if (wrong.length > 0) {
  console.error(`cannot run on ${wrong.join(', ')}: expected versions such as 24 or 20.19.0`);
  process.exit(2);
}

const outcomes: Outcome[] = [];
for (const version of versions) outcomes.push(await outcomeOn(version));
if (!values.install) {
  console.log(`\n${formatMatrix(outcomes)}\n`);
  console.log(formatSum(outcomes));
}
process.exitCode = outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;

async function outcomeOn(version: string): Promise<Outcome> {
  try {
    const node = await installNode(version);
    if (values.install) return { version: node.version, isPassed: true, result: null };
    console.log(`\nNode ${node.version}`);
    return await runSuite(node);
  } catch (error) {
    console.error((error as Error).message);
    return { version, isPassed: false, result: null };
  }
}
