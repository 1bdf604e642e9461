import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Caller } from '../../rpc/caller.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { BundledCli, ended, untilOutput } from './bundle.ts';

function eventOf(seq: number, data: Event['data'] = null): Event {
  const time = `2026-11-22T12:00:0${seq}.000Z`;
  return { id: `e-${seq}`, seq, topic: 'price.BTC.update', data, time, source: 'feed' };
}

describe('superbot-cli events', () => {
  const cli = new BundledCli();

  /** Through a server that has events 1 and 2, and then sends what `deliver` notifies. */
  async function follow(args: string[], deliver: (caller: Caller) => void) {
    const asked: object[] = [];
    const server = await cli.serve({
      'events.subscribe': (params, caller, call) => {
        asked.push(params);
        call.afterAnswer(() => deliver(caller));
        return { subscription: 's', seq: 2 };
      },
      'events.history': (params) => {
        asked.push(params);
        return { events: [eventOf(1, { a: '\u001b[1m' }), eventOf(2), eventOf(3)] };
      },
    });
    const child = cli.start([...server, 'events', ...args]);
    return { child, asked, result: ended(child) };
  }

  function notify(caller: Caller, event: Event): void {
    caller.peer.notify('events.event', { subscription: 's', event });
  }

  it('asks for everything, or for the topics that it is given', async () => {
    for (const [args, topics] of [
      [[], ['**']],
      [
        ['module.*', 'price.**'],
        ['module.*', 'price.**'],
      ],
    ] as const) {
      const { child, asked, result } = await follow([...args], (caller) =>
        notify(caller, eventOf(3)),
      );
      await untilOutput(child.stdout!, 'update');
      child.kill('SIGINT');
      expect((await result).status).to.equal(130);
      expect(asked).to.deep.equal([{ topics }]);
    }
  });

  it('prints time, topic, source and data, the kept ones first and each once, until Ctrl-C', async () => {
    const { child, asked, result } = await follow(['-n', '5'], (caller) => {
      notify(caller, eventOf(3, 'x'));
      notify(caller, eventOf(4, [1]));
    });
    await untilOutput(child.stdout!, '[1]\n');
    child.kill('SIGINT');
    const { stdout, status } = await result;
    expect(stdout.split('\n')).to.deep.equal([
      '2026-11-22T12:00:01.000Z price.BTC.update feed {"a":"\\u001b[1m"}',
      '2026-11-22T12:00:02.000Z price.BTC.update feed null',
      '2026-11-22T12:00:03.000Z price.BTC.update feed "x"',
      '2026-11-22T12:00:04.000Z price.BTC.update feed [1]',
      '',
    ]);
    expect(asked[1]).to.deep.equal({ topics: ['**'], limit: 5 });
    expect(status).to.equal(130);
  });

  it('prints each event as an object on a line of its own with --json', async () => {
    const { child, result } = await follow(['--json'], (caller) => {
      notify(caller, eventOf(3, { price: '\u2028\n' }));
      notify(caller, eventOf(4));
    });
    await untilOutput(child.stdout!, '"seq":4');
    child.kill('SIGINT');
    const objects = (await result).stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(objects).to.deep.equal([eventOf(3, { price: '\u2028\n' }), eventOf(4)]);
  });

  it('says how many were left out', async () => {
    const { child, result } = await follow([], (caller) => {
      caller.peer.notify('events.lost', { subscription: 's', count: 37 });
    });
    await untilOutput(child.stderr!, '37 events left out');
    child.kill('SIGINT');
    await result;
  });

  it('ends quietly when nobody reads any more, and with 3 when the daemon goes', async () => {
    const piped = await follow([], (caller) => {
      const send = () =>
        caller.peer.notify('events.event', { subscription: 's', event: eventOf(3) });
      const timer = setInterval(send, 1);
      caller.signal.addEventListener('abort', () => clearInterval(timer));
    });
    await once(piped.child.stdout!, 'data');
    piped.child.stdout!.destroy();
    const [status] = (await once(piped.child, 'exit')) as [number];
    expect(status).to.equal(0);

    const left = await follow([], (caller) => caller.peer.destroy());
    const { status: exit, stderr } = await left.result;
    expect(exit).to.equal(3);
    expect(stderr).to.include('the daemon has gone');
  });

  it('takes no pattern that nothing could match: 2, and what is expected', async () => {
    const { status, stderr } = await cli.run(['events', 'a..b']);
    expect(status).to.equal(2);
    expect(stderr).to.include('dotted words');
  });

  it('offers the topics of the daemon for completion', async () => {
    const { stdout } = await cli.run(['__complete', '--', 'events', 'module.re']);
    expect(stdout.split('\n')).to.include.members(['module.ready', 'module.restarting']);
  });
});
