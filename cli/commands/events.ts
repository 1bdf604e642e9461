import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { NotificationParams } from '../../rpc/outgoing.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { isSubscribable } from '../../rpc/topic.ts';
import { type DaemonConnection, withDaemon } from '../connect.ts';
import { escapeControls } from '../display.ts';
import { follow } from '../follow.ts';
import type { RunCommand, Session } from '../session.ts';

const lastMax = 10_000;

/** `events [TOPIC…] [-n COUNT]` */
export function addEventsCommand(program: Command, run: RunCommand): void {
  program
    .command('events')
    .description('what happens, as it happens: of the daemon, and what modules publish')
    .addArgument(
      new Argument('[topic...]', 'such as module.crashed, price.*.update, module.**')
        .argParser(parseTopic)
        .default([], 'all'),
    )
    .option('-n, --last <count>', 'first the last COUNT events that are kept', parseLast)
    .action((topics: readonly string[], options: { last?: number }, command: Command) =>
      run(command, (session) =>
        withDaemon(session, (daemon) =>
          followEvents(session, daemon, topics.length === 0 ? ['**'] : topics, options.last ?? 0),
        ),
      ),
    );
}

async function followEvents(
  session: Session,
  daemon: DaemonConnection,
  topics: readonly string[],
  last: number,
): Promise<void> {
  const { output } = session;
  const print = (event: Event): void => {
    output.line(output.json ? JSON.stringify(event) : eventLine(session, event));
  };
  await follow(session, daemon, {
    begin: async () => {
      const { seq } = await daemon.call('events.subscribe', { topics: [...topics] });
      if (last === 0) return;
      const kept = await daemon.call('events.history', { topics: [...topics], limit: last });
      for (const event of kept.events) if (event.seq <= seq) print(event);
    },
    take: (method, params) => {
      if (method === 'events.event') print((params as NotificationParams<'events.event'>).event);
      else if (method === 'events.lost') {
        const { count } = params as NotificationParams<'events.lost'>;
        const many = count === null ? 'some events' : `${count} events`;
        output.note(`(${many} left out: they came faster than they were read)`);
      }
    },
    gone: 'the daemon has gone, and with it its events',
  });
}

/** Time, topic, source, data. */
function eventLine({ output }: Session, { time, topic, source, data }: Event): string {
  const { paint } = output;
  // JSON leaves DEL, C1 and bidirectional controls as they are.
  const said = escapeControls(JSON.stringify(data));
  return `${paint('dim', time)} ${topic} ${paint('dim', escapeControls(source))} ${said}`;
}

function parseTopic(text: string, before: readonly string[]): string[] {
  if (isSubscribable(text)) return [...before, text];
  throw new InvalidArgumentError(
    'expected dotted words, with * for one of them and ** for any number.',
  );
}

function parseLast(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= lastMax) return count;
  throw new InvalidArgumentError(`expected a whole number from 0 to ${lastMax}.`);
}
