import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ModulePublisher } from '../../../daemon/bus/module-publisher.ts';
import { type Before, moduleEvents, nothingBefore } from '../../../daemon/bus/module-events.ts';
import { transitions } from '../../../daemon/supervisor/states.ts';
import type { TestHouse } from '../supervisor/house.ts';
import { houseOfOneBot } from '../supervisor/temporary-houses.ts';
import { fixture } from '../supervisor/test-module.ts';

describe('what the daemon publishes of its modules', () => {
  const crash: Before = { launchedBy: { by: 'restart_policy' }, pid: 7 };
  //            event           from        to               reason         before         topics
  const rows: [string, string, string, string | null, Before, string][] = [
    ['launch', 'stopped', 'starting', null, nothingBefore, 'starting'],
    ['launch', 'restarting', 'starting', null, crash, 'starting'],
    ['adopt', 'stopped', 'starting', null, nothingBefore, 'adopted'],
    ['ready', 'starting', 'running', null, nothingBefore, 'ready started'],
    ['ready', 'starting', 'running', null, crash, 'ready started restarted'],
    ['end', 'running', 'stopping', 'operator', nothingBefore, 'stopping'],
    ['gone', 'stopping', 'stopped', 'operator', nothingBefore, 'stopped'],
    ['gone', 'running', 'stopped', 'finished', nothingBefore, 'stopped'],
    ['back_off', 'running', 'restarting', 'exited', crash, 'crashed restarting'],
    ['back_off', 'starting', 'restarting', 'exited', crash, 'crashed restarting'],
    ['back_off', 'starting', 'restarting', 'no_keeper', nothingBefore, 'restarting'],
    ['back_off', 'stopping', 'restarting', 'unhealthy', crash, 'restarting'],
    ['give_up', 'running', 'failed', 'restart_limit', crash, 'crashed failed'],
    ['give_up', 'stopping', 'failed', 'start_timeout', crash, 'failed'],
    ['import_failure', 'starting', 'import_failed', 'no such', crash, 'import_failed'],
  ];
  for (const [event, from, to, reason, before, topics] of rows)
    it(`is "${topics}" for ${event} of a ${from} module, ${reason ?? 'without a reason'}`, () => {
      const status = { state: to, reason, pid: null, restart_count: 2, last_error: 'why' };
      const transition = { module: 'bot', event, from, to, status, cause: null } as never;
      const events = moduleEvents(transition, before);
      expect(events.map(({ topic }) => topic)).to.deep.equal(
        topics.split(' ').map((topic) => `module.${topic}`),
      );
      const rest = { state: to, reason, restart_count: 2, last_error: 'why' };
      for (const { topic, data } of events) {
        const pid = topic === 'module.crashed' ? before.pid : null;
        expect(data).to.deep.equal({ module: 'bot', pid, ...rest });
      }
    });

  it('has a topic for every cell of the table of states (row 51)', () => {
    for (const [from, row] of Object.entries(transitions))
      for (const [event, to] of Object.entries(row)) {
        const status = { state: to, reason: null, pid: null, restart_count: 0, last_error: null };
        const transition = { module: 'bot', event, from, to, status, cause: null } as never;
        expect(moduleEvents(transition, nothingBefore), `${from} ${event}`).not.to.be.empty;
      }
  });
});

describe('what is heard of a real module', () => {
  const open = houseOfOneBot();

  /** The second words of its topics so far, and the data of the last. */
  function heard({ transitions: all }: TestHouse) {
    const events: { topic: string; data: unknown }[] = [];
    const publisher = new ModulePublisher((topic, data) => events.push({ topic, data }));
    for (const transition of all) publisher.take(transition);
    const words = events.map(({ topic }) => topic.replace('module.', '')).join(' ');
    return { words, events, last: events.at(-1)?.data };
  }

  it('is each transition in its order, from the start over a crash to the stop (rows 51 and 61)', async () => {
    const life = await open({});
    await life.start('bot');
    const { pid } = life.status('bot');
    expect(heard(life).words).to.equal('starting ready started');
    expect(heard(life).last).to.deep.include({ module: 'bot', pid, state: 'running' });
    process.kill(pid!, 'SIGKILL');
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'running');
    await life.stop('bot');
    const { words, events } = heard(life);
    expect(words).to.equal(
      'starting ready started crashed restarting starting ready started restarted stopping stopped',
    );
    expect(events[3]?.data).to.deep.include({ pid, state: 'restarting', restart_count: 0 });
    expect(events[8]?.data).to.deep.include({ restart_count: 1 });
  });

  it('is its failure, with the error (row 61)', async () => {
    const life = await open({
      command: fixture('exits-with.sh', '3'),
      ready: { kind: 'link', timeoutMs: 30_000 },
      restart: { maxRestarts: 1 },
    });
    await life.start('bot', { wait: false });
    await life.reaches('bot', 'restarting');
    await life.clock.advance(1000);
    await life.reaches('bot', 'failed');
    const { words, last } = heard(life);
    expect(words).to.equal('starting crashed restarting starting crashed failed');
    expect(last).to.deep.include({ reason: 'restart_limit', restart_count: 1, pid: null });
    expect((last as { last_error: string }).last_error).to.include('exited with code 3');
  });
});
