/** schedule.* */
import type { Handlers } from '../../rpc/table.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';

type ScheduleMethod = 'schedule.list' | 'schedule.run' | 'schedule.pause' | 'schedule.resume';

export function scheduleMethods(scheduler: Scheduler): Pick<Handlers, ScheduleMethod> {
  return {
    'schedule.list': () => ({ jobs: scheduler.list() }),
    'schedule.run': ({ job }) => scheduler.run(job),
    'schedule.pause': ({ job }) => scheduler.pause(job),
    'schedule.resume': ({ job }) => scheduler.resume(job),
  };
}
