import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import { showJob, showJobs } from '../schedule-view.ts';
import type { RunCommand, Session } from '../session.ts';

/** `schedule list|run|pause|resume`. */
export function addScheduleCommands(program: Command, run: RunCommand): void {
  const group = program.command('schedule').description('jobs that run by the clock');
  group
    .command('list')
    .description('every job, with its next five runs in its own time zone')
    .action((_options, command: Command) => run(command, list));
  for (const verb of ['run', 'pause', 'resume'] as const) {
    group
      .command(verb)
      .description(descriptions[verb])
      .argument('<job>', 'a job of daemon.schedule, trading_start or trading_stop')
      .action((job: string, _options, command: Command) =>
        run(command, (session) => change(session, verb, job)),
      );
  }
}

const descriptions = {
  run: 'run a job now; returns when it has begun',
  pause: 'let a job be due without running it, until it is resumed',
  resume: 'let a paused job run again when it is due',
} as const;

const doneWords = { run: 'has begun', pause: 'is paused', resume: 'runs when it is due' } as const;

async function list(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('schedule.list', {}));
  output.answer(result, () => showJobs(result.jobs, output, Date.now()));
}

async function change(session: Session, verb: keyof typeof doneWords, job: string): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call(`schedule.${verb}`, { job }));
  output.answer(result, () => showJob(result, doneWords[verb], output));
}
