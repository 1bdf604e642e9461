/** Writes docs/rpc.md anew: `node dist/rpc/generate.js docs/rpc.md`, from the package's folder. */
import { writeFileSync } from 'node:fs';
import { describeContract } from './discover.ts';
import { rpcPage } from './document.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('cannot write the page: name its file, as in docs/rpc.md');
writeFileSync(path, rpcPage(describeContract('')));
