import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Explanation } from '../../rpc/shapes.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const sleeper = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };
const crasher = {
  type: 'exec',
  command: ['sh', '-c', 'echo begins; echo "Error: connect ECONNREFUSED" >&2; exit 7'],
  // It never says that it is ready, so it never is.
  ready: { link: true },
  restart: { base_delay: '10ms' },
};

describe('module explain', () => {
  const homes = temporaryHomes();

  async function explain(home: TestHome, ...args: string[]) {
    const { status, stdout, stderr } = await home.cli('module', 'explain', '--json', ...args);
    return { status, stderr, answer: JSON.parse(stdout) as Explanation };
  }

  it('tells after a kill -9 of the daemon all that had happened, without a daemon and with the next', async () => {
    const home = homes.create({ modules: { sleeper, crasher }, autostart: ['sleeper'] });
    const daemon = await home.foreground().ready();
    await home.cli('module', 'start', 'crasher', '--no-wait');
    await home.reaches('crasher', 'failed');
    const { pid } = await home.reaches('sleeper', 'running');
    await daemon.stop('SIGKILL');

    const alone = await explain(home, 'crasher');
    expect(alone).to.include({ status: 0 });
    expect(alone.stderr).to.match(
      /^the daemon is not running: this is what the journal in .*tells/,
    );
    expect(alone.answer).to.include({ module: 'crasher', state: 'failed' });
    expect(alone.answer.advice).to.include('`superbot-cli module start crasher`');
    const told = alone.answer.entries.map(
      ({ kind, text }) => `${kind}: ${text.split(' after ')[0]}`,
    );
    const runs = [1, 2, 3, 4, 5].flatMap((n) => [
      'exit: exit code 7',
      `state: starting: restart ${n} of 5`,
    ]);
    expect(told.filter((entry) => !entry.startsWith('restart: '))).to.deep.equal([
      'asked: the operator, by module.start: start',
      'state: starting',
      ...runs,
      'exit: exit code 7',
      'state: failed: it has used up its restarts',
      'alert: critical: crasher has failed (restart_limit): exited with code 7',
    ]);
    const { data } = alone.answer.entries.findLast(({ kind }) => kind === 'exit')!;
    expect(data['output']).to.have.members(['begins', 'Error: connect ECONNREFUSED']);
    const errors = home.storedLines('daemon').filter(({ text }) => text.startsWith('critical: '));
    expect(errors.map(({ level }) => level)).to.deep.equal(['error']);

    await home.start();
    await home.reaches('sleeper', 'running');
    const { answer } = await explain(home, 'sleeper');
    expect(answer).to.include({ state: 'running', advice: 'it runs: nothing to do' });
    const [begun, ran, adopted] = answer.entries.map(({ text }) => text);
    expect([begun, ran]).to.deep.equal(['starting: autostart', `running, pid ${pid}`]);
    expect(adopted).to.include(`a new daemon has taken it over, pid ${pid}, up `);
  });

  it('has what an answer says when the daemon is killed right after it', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    const daemon = await home.foreground().ready();
    await home.reaches('sleeper', 'running');
    const rpc = await home.rpc();
    const stopped = rpc.call('module.stop', { module: 'sleeper' });
    await stopped.then(() => process.kill(daemon.pid, 'SIGKILL'));
    await daemon.ended;
    const { answer } = await explain(home, 'sleeper');
    expect(answer).to.include({ state: 'stopped' });
    const { kind, text, data } = answer.entries.at(-1)!;
    expect({ kind, text }).to.deep.equal({ kind: 'state', text: 'stopped (operator)' });
    expect(data).to.include({ reason: 'operator', wanted: 'down' });
  });

  it('tells people what happened and what to do, in the end', async () => {
    const home = homes.create({ modules: { sleeper }, autostart: ['sleeper'] });
    await home.foreground().ready();
    const { pid } = await home.reaches('sleeper', 'running');
    process.kill(pid!, 'SIGKILL');
    await until('the crash is told', async () => {
      const { stdout } = await home.cli('module', 'explain', 'sleeper', '--since', '1h');
      const lines = stdout.trimEnd().split('\n');
      return (
        /exit +ended by SIGKILL after /.test(stdout) && lines.at(-1)!.startsWith('  what to do: ')
      );
    });
    const unknown = await home.cli('module', 'explain', 'nobody', 'sleeper');
    expect(unknown).to.include({ status: 4 });
    expect(unknown.stderr).to.include('nobody');
    expect(unknown.stdout).to.include('sleeper');
  });

  it('says without a daemon that nothing is recorded of a module, with exit status 4', async () => {
    const home = homes.create({ modules: { sleeper } });
    const { status, stderr } = await home.cli('module', 'explain', 'nobody');
    expect(status).to.equal(4);
    expect(stderr).to.match(/nothing is recorded of a module "nobody"/);
  });
});
