/** What the daemon says of itself: its calls on modules' links, and notifications to subscribers. */
import * as z from 'zod';
import * as params from './params.ts';
import { type MethodRow, row } from './row.ts';
import { logLine } from './shapes.ts';
import { eventPush, lostPush } from './shapes-event.ts';
import { linkHealth } from './shapes-health.ts';

/** What the daemon calls on a module's link. */
export const moduleMethods = {
  'link.shutdown': row(
    'anyone',
    'finish what you do and end; answered when the module has finished',
    z.strictObject({ deadline_ms: z.number() }),
    z.object({}),
  ),
  'link.health': row(
    'anyone',
    'say whether you work; no answer in time means that you do not',
    params.nothing,
    linkHealth,
  ),
} as const satisfies Record<string, MethodRow>;

/** Notifications from the daemon to a subscriber. */
export const notifications = {
  'logs.line': z.object({ subscription: z.string(), line: logLine }),
  'logs.lost': z.object({ subscription: z.string(), count: z.number().int() }),
  'events.event': eventPush,
  'events.lost': lostPush,
} as const;

export type NotificationName = keyof typeof notifications;
export type NotificationParams<N extends NotificationName> = z.infer<(typeof notifications)[N]>;
