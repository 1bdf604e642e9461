import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../daemon/bus/bus.ts';
import { eventMethods, type ModuleEvent } from '../../../daemon/methods/events.ts';
import type { Caller } from '../../../rpc/caller.ts';
import type { Call } from '../../../rpc/dispatch.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const call = { method: 'events.publish' } as Call<Caller>;
const topic = 'risk.alert';

describe('what the daemon itself hears of modules', () => {
  it('is what their own links publish, and nothing in their name by anybody or from another host', async () => {
    const bus = new Bus({ system: new FakeClock(), log: pino({ enabled: false }) });
    const heard: ModuleEvent[] = [];
    const methods = eventMethods(bus, new Subscriptions(), (event) => heard.push(event));
    const callers: Pick<Caller, 'role' | 'module' | 'job'>[] = [
      { role: 'operator', module: null, job: null },
      { role: 'operator', module: null, job: 'nightly' },
      { role: 'module', module: { name: 'trading', launch: '1' }, job: null },
    ];
    for (const [data, caller] of callers.entries())
      await methods['events.publish']({ topic, data }, caller as Caller, call);
    const time = '2026-11-22T03:00:00.000Z';
    bus.receive({ id: 'a-1', topic, data: 3, time, source: 'trading@alpha' });
    expect(heard).to.deep.equal([{ module: 'trading', topic, data: 2 }]);
    expect(bus.past([topic], 10, null).map(({ source }) => source)).to.deep.equal([
      ...['operator', 'schedule', 'trading', 'trading@alpha'],
    ]);
  });
});
