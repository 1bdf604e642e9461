import { expect } from 'chai';
import { describe, it } from 'mocha';
import { spawnSync } from 'node:child_process';
import type { ExitReport } from '../../../daemon/keeper/protocol.ts';
import { KeeperLostError, KeeperUnavailableError } from '../../../daemon/guardian/keeper-loss.ts';
import { KeeperError } from '../../../daemon/keeper/keeper-error.ts';
import { afterEnd } from '../../../daemon/supervisor/end-tree.ts';
import { describeExit, importFailure, meaningOf } from '../../../daemon/supervisor/exits.ts';
import { judgeLaunchError } from '../../../daemon/supervisor/launch-failure.ts';
import { LaunchError } from '../../../daemon/supervisor/launch/launcher.ts';

function exit(code: number | null, ...output: string[]): ExitReport {
  const at = '2026-01-01T00:00:00.000Z';
  return { code, signal: null, reason: null, at, uptimeMs: 10, output, seq: output.length };
}

/** How this Node ends with such a script. */
function nodeExit(...args: string[]): ExitReport {
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return exit(status, ...stderr.trimEnd().split('\n').slice(-20));
}

const pythonError = "ModuleNotFoundError: No module named 'pandas'";

describe('the words of a program that could not be loaded', () => {
  it('are recognised when Node misses a package', () => {
    const script = nodeExit('--input-type=module', '-e', "import 'no-such-package'");
    expect(importFailure(script)).to.match(/Cannot find package 'no-such-package'/);
  });

  it('are recognised when Node misses a required file', () => {
    expect(importFailure(nodeExit('-e', "require('./no-such-file')"))).to.match(/no-such-file/);
  });

  it('are recognised when Python misses a module', () => {
    expect(importFailure(exit(1, 'Traceback:', '  File "a.py"', pythonError))).to.equal(
      pythonError,
    );
  });

  it('do not count when the program went on after them', () => {
    expect(importFailure(exit(1, pythonError, 'trying without', 'out of memory'))).to.equal(null);
  });

  it('do not count when it ended well or by a signal', () => {
    expect(importFailure(exit(0, pythonError))).to.equal(null);
    expect(importFailure(exit(null, pythonError))).to.equal(null);
  });

  it('do not count when it said nothing or something else', () => {
    expect(importFailure(exit(1))).to.equal(null);
    expect(importFailure(exit(1, 'Error: no such symbol'))).to.equal(null);
  });
});

describe('the meaning of an exit', () => {
  const early = { wasReady: false, policy: 'always' } as const;
  it('is an import failure only before the module was ready', () => {
    expect(meaningOf(exit(1, pythonError), early).kind).to.equal('import_failure');
    expect(meaningOf(exit(1, pythonError), { ...early, wasReady: true }).kind).to.equal('crash');
  });

  it('is the end of its work with code 0, unless it is to run always', () => {
    expect(meaningOf(exit(0), { ...early, policy: 'never' }).kind).to.equal('finished');
    expect(meaningOf(exit(0), { ...early, policy: 'on_failure' }).kind).to.equal('finished');
    expect(meaningOf(exit(0), early)).to.deep.equal({ kind: 'crash', why: 'exited with code 0' });
  });

  it('is told in words', () => {
    expect(describeExit(exit(3))).to.equal('exited with code 3');
    expect(describeExit({ ...exit(null), signal: 'SIGKILL' })).to.equal('was ended by SIGKILL');
    expect(describeExit({ ...exit(null), reason: 'custody_lost' })).to.match(/nobody could see/);
  });
});

describe('a launch that did not succeed', () => {
  const rows = [
    ['the launcher finds nothing to launch', new LaunchError('no script'), 'import_failure'],
    ['the program is not there', new KeeperError('spawn_failed', '', 'ENOENT'), 'import_failure'],
    ['it may not be executed', new KeeperError('spawn_failed', '', 'EACCES'), 'import_failure'],
    ['the machine has no more processes', new KeeperError('spawn_failed', '', 'EAGAIN'), 'crash'],
    ['an earlier launch survived', new KeeperError('survivors', ''), 'stop_failed'],
    ['another launch is alive', new KeeperError('already_running', ''), 'in_doubt'],
    ['the keeper did not answer', new KeeperLostError(''), 'keeper_lost'],
    ['there is no keeper', new KeeperUnavailableError(new Error()), 'no_keeper'],
    ['of a fault of ours', new TypeError('x is undefined'), 'crash'],
  ] as const;
  for (const [why, error, failure] of rows) {
    it(`is judged ${failure} when ${why}`, () => {
      expect(judgeLaunchError(error)).to.equal(failure);
    });
  }
});

describe('an end', () => {
  const gone = { kind: 'gone' } as const;
  const alive = { kind: 'alive', why: 'pid 1' } as const;
  const rows = [
    [gone, 'intent', true, 'rest'],
    [gone, 'intent', false, 'rest'],
    [gone, 'reclaimed', false, 'rest'],
    [gone, 'start_timeout', false, 'start_failed'],
    [gone, 'start_timeout', true, 'rest'],
    [gone, 'unhealthy', false, 'unfit'],
    [gone, 'unhealthy', true, 'rest'],
    [alive, 'intent', true, 'stop_failed'],
    [alive, 'start_timeout', false, 'stop_failed'],
    [alive, 'memory', false, 'stop_failed'],
  ] as const;
  for (const [end, cause, expected, result] of rows) {
    const asked = expected ? ', and asked for' : '';
    it(`with the tree ${end.kind}, for ${cause}${asked}, leads to ${result}`, () => {
      expect(afterEnd(end, { cause, expected })).to.equal(result);
    });
  }
});
