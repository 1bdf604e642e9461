import type { NotificationParams } from '../rpc/outgoing.ts';
import type { LogSelection } from '../rpc/log-files.ts';
import type { LogLine } from '../rpc/shapes.ts';
import type { DaemonConnection } from './connect.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';

export interface Following {
  readonly selection: LogSelection;
  readonly print: (line: LogLine) => void;
}

/** Prints the last stored lines, then lines as they are written; ends as `follow` does. */
export async function followLog(
  session: Session,
  daemon: DaemonConnection,
  { selection, print }: Following,
): Promise<void> {
  const { module, level, since, lines } = selection;
  await follow(session, daemon, {
    begin: async () => {
      const stored = await daemon.call('logs.stream', {
        ...(module === null ? {} : { module }),
        ...(level === null ? {} : { level }),
        lines,
      });
      for (const line of stored.lines) if (since === null || line.time >= since) print(line);
    },
    take: (method, params) => {
      if (method === 'logs.line') print((params as NotificationParams<'logs.line'>).line);
      else if (method === 'logs.lost') {
        const { count } = params as NotificationParams<'logs.lost'>;
        session.output.note(`(${count} lines left out: they came faster than they were read)`);
      }
    },
    gone: 'the daemon has gone; modules may go on logging',
  });
}
