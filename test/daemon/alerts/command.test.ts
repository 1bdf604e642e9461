import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Alert } from '../../../daemon/alerts/alert.ts';
import { commandDelivery } from '../../../daemon/alerts/command.ts';
import { realSystem, type System } from '../../../daemon/system.ts';
import { BoundedCommands } from '../../../daemon/bounded-command.ts';
import { killAll, processesOf } from '../../support/processes.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { fixture } from '../supervisor/test-module.ts';

const alert: Alert = {
  severity: 'warning',
  module: null,
  type: 'test',
  message: 'a word',
  output: Array.from({ length: 20 }, () => 'x'.repeat(500)),
  time: '2026-11-22T03:00:00.000Z',
  heldBack: 0,
};

/** As it is, but that five seconds last so long. */
function shortened(deadlineMs: number): System {
  const after: System['after'] = (delayMs, callback) =>
    realSystem.after(delayMs === 5000 ? deadlineMs : delayMs, callback);
  return { ...realSystem, after };
}

describe('an alert by command', () => {
  const folder = temporaryFolders();
  let home = '';

  afterEach(() => killAll(processesOf(home)));

  function tell(
    command: readonly [string, ...string[]] | null,
    { deadlineMs = 60_000, includeOutput = false, signal = new AbortController().signal } = {},
  ): Promise<string | null> {
    home = folder();
    const commands = new BoundedCommands(realSystem);
    const deliver = commandDelivery({
      system: shortened(deadlineMs),
      sender: { host: 'vm-1', home },
      config: () => ({ command, includeOutput }),
      environment: { PATH: process.env['PATH'] ?? '', SUPERBOT_HOME: home },
      run: (given, over) => commands.run(given, over),
    });
    return deliver(alert, 0, signal);
  }

  it('is one line of JSON on its stdin, without a shell, in the home, in a clean environment', async () => {
    const script = "require('fs').writeFileSync('told', require('fs').readFileSync(0));";
    const env = "require('fs').writeFileSync('env', Object.keys(process.env).sort().join(' '))";
    expect(await tell([process.execPath, '-e', `${script}${env}`, '$(id) ; &'])).to.equal(null);
    const told = readFileSync(join(home, 'told'), 'utf8');
    expect(told.endsWith('\n')).to.equal(true);
    expect(JSON.parse(told)).to.include({
      severity: 'warning',
      module: null,
      text: 'warning: a word',
    });
    expect(JSON.parse(told)).to.not.have.property('output');
    const variables = readFileSync(join(home, 'env'), 'utf8').split(' ');
    // Under coverage Node itself hands its variable on to every child.
    const known = /^(PATH|SUPERBOT_\w+|NODE_V8_COVERAGE)$/;
    expect(variables.filter((name) => !known.test(name))).to.deep.equal([]);
  });

  it('is delivered also to one that does not read it', async () => {
    expect(await tell(['/bin/true'], { includeOutput: true })).to.equal(null);
  });

  it('fails with the exit code and last words, or when there is no such program', async () => {
    const fails = ['/bin/sh', '-c', 'echo no mail today >&2; exit 3'] as const;
    expect(await tell(fails)).to.equal('exit code 3: no mail today');
    expect(await tell(['/nowhere/notify'])).to.match(/ENOENT/);
  });

  it('is killed as a tree when it hangs, deaf to signals and with children in sessions of their own', async () => {
    const children = fixture('leaves-children.sh');
    const path = join(folder(), 'hangs.sh');
    writeFileSync(path, `trap '' TERM INT HUP\n${children.join(' ')}\nsleep 600 &\nwait\n`);
    const why = await tell(['/bin/sh', path], { deadlineMs: 400 });
    expect(why).to.match(/^it did not end in time/);
    expect(processesOf(home)).to.deep.equal([]);
  });

  it('leaves nothing behind when it forks and ends', async () => {
    expect(await tell(['/bin/sh', '-c', 'sleep 600 & sleep 600 & exit 0'])).to.equal(null);
    expect(processesOf(home)).to.deep.equal([]);
  });

  it('is ended when it floods', async () => {
    const why = await tell(['/bin/sh', '-c', 'while :; do echo flood flood flood; done']);
    expect(why).to.match(/^it prints more than/);
    expect(processesOf(home)).to.deep.equal([]);
  });

  it('is dropped when the command has been taken out of the configuration', async () => {
    expect(await tell(null)).to.equal(null);
  });

  it('is killed when the daemon ends', async () => {
    const over = new AbortController();
    const told = tell(['/bin/sh', '-c', 'sleep 600'], { signal: over.signal });
    over.abort();
    expect(await told).to.be.a('string');
    expect(processesOf(home)).to.deep.equal([]);
  });
});
