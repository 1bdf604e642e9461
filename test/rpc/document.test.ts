import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import { methods } from '../../rpc/contract.ts';
import { notifications } from '../../rpc/outgoing.ts';
import { describeContract } from '../../rpc/discover.ts';
import { rpcPage } from '../../rpc/document.ts';
import { errorCatalogue } from '../../rpc/errors.ts';

const page = rpcPage(describeContract(''));

describe('docs/rpc.md', () => {
  it('is what the table gives now; if not, "npm run generate" writes it', () => {
    expect(readFileSync(join(packageRoot(), 'docs', 'rpc.md'), 'utf8')).to.equal(page);
  });

  it('has a section for every method and notification', () => {
    for (const name of [...Object.keys(methods), ...Object.keys(notifications)]) {
      expect(page, name).to.contain(`\n### \`${name}\`\n`);
    }
  });

  it('has the whole error catalogue with the exit status of each', () => {
    for (const { code, exitStatus, title } of Object.values(errorCatalogue)) {
      const row = new RegExp(`^\\| −${-code} +\\| ${title} +\\| ${exitStatus} +\\|$`, 'm');
      expect(page).to.match(row);
    }
  });

  it('shows params by name, optional ones marked, and a result by the shape it extends', () => {
    const section = page.split('### `module.start`')[1]?.split('### ')[0] ?? '';
    expect(section)
      .to.contain('  module: string')
      .and.contain('  timeout?: number  // seconds')
      .and.contain('result: ModuleStatus & {changed: boolean}')
      .and.contain('Access: operator.')
      .and.contain('−32003');
  });
});
