// A keeper of launches that run as long as a test says: they crash when it says so.
import type { ExitReport } from '../../../daemon/keeper/protocol.ts';
import { bootId } from '../../../daemon/processes.ts';
import type { ModuleContext } from '../../../daemon/supervisor/context.ts';
import type { TestHouse } from './house.ts';

/** For `HouseOptions.keeper`. */
export function stageKeeper(
  _real: ModuleContext['keeper'],
  house: TestHouse,
): ModuleContext['keeper'] {
  return {
    spawn: ({ name, launch, note }) => {
      const { clock } = house;
      return Promise.resolve({
        name,
        launch,
        // No process has it, and nothing is signalled by it.
        identity: { pid: 2 ** 30, startTime: '0', bootId: bootId() },
        startedAt: new Date(clock.now()).toISOString(),
        startedMonotonicMs: clock.monotonicMs(),
        note,
        exit: null,
      });
    },
    stopTree: (name, launch) => {
      if (launch !== null) ends(house, name, launch, { code: null, signal: 'SIGTERM' }, 0);
      return Promise.resolve([]);
    },
    forget: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

export function crash(house: TestHouse, name: string, uptimeMs: number): void {
  const { id } = house.module(name).life.facts.launch!;
  ends(house, name, id, { code: 7, signal: null }, uptimeMs);
}

function ends(
  { supervisor, clock }: TestHouse,
  name: string,
  launch: string,
  how: Pick<ExitReport, 'code' | 'signal'>,
  uptimeMs: number,
): void {
  const at = new Date(clock.now()).toISOString();
  const exit: ExitReport = { ...how, reason: null, at, uptimeMs, output: [], seq: 0 };
  supervisor.onExit(name, launch, exit);
}
