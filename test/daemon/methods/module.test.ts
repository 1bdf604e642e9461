import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { setImmediate as turn } from 'node:timers/promises';
import { moduleMethods } from '../../../daemon/methods/module.ts';
import type { Caller } from '../../../rpc/caller.ts';
import type { Call } from '../../../rpc/dispatch.ts';
import { rpcFailure, TestHouse } from '../supervisor/house.ts';

const caller = { job: null, signal: new AbortController().signal } as Caller;
const call = { method: 'module.start' } as Call<Caller>;

describe('an operator who is refused', () => {
  let house: TestHouse;

  afterEach(() => house.close());

  it('hears it when what was asked is on the disk, since it holds as soon as it can', async () => {
    house = await TestHouse.open({
      modules: { base: {}, bot: { dependsOn: new Map([['base', 'ready']]) } },
    });
    await house.stop('base');
    let saved: () => void = () => undefined;
    const disk = new Promise<void>((resolve) => (saved = resolve));
    let asked: string | null = null;
    const save = (): Promise<void> => {
      asked = house.supervisor.memories()['bot']?.operator ?? null;
      return disk;
    };
    const methods = moduleMethods(house.supervisor, save, house.paths.journalDir, () => false);
    let isAnswered = false;
    const refusal = rpcFailure(
      Promise.resolve(methods['module.start']({ module: 'bot' }, caller, call)),
    ).finally(() => (isAnswered = true));
    await turn();
    expect({ asked, isAnswered }).to.deep.equal({ asked: 'up', isAnswered: false });
    saved();
    expect(await refusal).to.include({ code: -32005 });
  });
});
