import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LaunchError } from '../../../../daemon/supervisor/launch/launcher.ts';
import { pythonFor } from '../../../../daemon/supervisor/launch/python-program.ts';
import { failure } from '../../../rpc/failure.ts';
import { pythonEnv, whyNoPython } from '../../../support/python.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

describe('the search for what a Python module runs', () => {
  const folder = temporaryFolders();
  before(function () {
    if (whyNoPython() !== null) this.skip();
  });

  /** Searches for a module in a package that runs `code` when it is imported. */
  function search(code: string, module = 'parent.child'): Promise<string> {
    const cwd = folder();
    mkdirSync(join(cwd, 'parent'));
    writeFileSync(join(cwd, 'parent', '__init__.py'), code);
    writeFileSync(join(cwd, 'parent', 'child.py'), '');
    const env = { ...pythonEnv, SUPERBOT_LAUNCH: 'trading:1', SUPERBOT_MODULE: 'trading' };
    return pythonFor([module], cwd, env);
  }

  it('finds a module in a package, and names one that is not there', async () => {
    expect(await search('')).to.match(/python3$/);
    const error = await failure(search('', 'parent.absent'));
    expect(error).to.be.instanceOf(LaunchError);
    expect(error.message).to.include('no module "parent.absent"');
  });

  it('tells what the package raises', async () => {
    const error = await failure(search('raise RuntimeError("no exchange")'));
    expect(error).to.be.instanceOf(LaunchError);
    expect(error.message).to.match(/^cannot look for parent.child .*RuntimeError: no exchange$/);
  });

  it('is no part of the launch, or the end of an earlier one would end it', async () => {
    const code = 'import os; assert os.environ["SUPERBOT_MODULE"]';
    expect(await search(`${code}; assert "SUPERBOT_LAUNCH" not in os.environ`)).to.match(
      /python3$/,
    );
  });

  it('may be repeated when somebody ended it: that says nothing about the module', async () => {
    const error = await failure(search('import os; os.kill(os.getpid(), 15)'));
    expect(error).not.to.be.instanceOf(LaunchError);
    expect(error.message).to.match(/^cannot look for parent.child .*: ended by SIGTERM$/);
  });
});
