/**
 * What the files may hold: the one place for their shape, bounds and defaults. Values keep the form
 * in which they are written (`10s`, `20M`), so that a validated document can be printed and loaded
 * again; `resolve.ts` turns it into what the daemon works with.
 */
import * as z from 'zod';
import { alerts } from './alerts-schema.ts';
import { choice, duration, flag, group, list, mapping, size, text, whole } from './fields.ts';
import { isLoopback } from './loopback.ts';
import { moduleDefinition } from './module-schema.ts';
import { givenName } from './names.ts';
import { schedule } from './schedule-schema.ts';

const ipc = group({
  socket_path: text('a path, or null').nullable().default(null),
  transport: choice(['auto', 'unix', 'tcp']).default('auto'),
  tcp_host: z
    .string({ error: 'a loopback address' })
    .refine(isLoopback, { error: 'a loopback address: 127.0.0.1, ::1 or localhost' })
    .default('127.0.0.1'),
  tcp_port: whole(0, 65_535).default(9999),
  auth: choice(['auto', 'required']).default('auto'),
  auth_token: text('a token of 1 to 1024 characters, or null')
    .max(1024, { error: 'a token of 1 to 1024 characters' })
    .nullable()
    .default(null),
  max_message: size('4K', '64M').default('1M'),
});

const watchdog = group({
  enabled: flag().default(true),
  check_interval: duration('1s', '1d').default(30),
  auto_restart_on_crash: flag().default(true),
  max_restart_attempts: whole(0, 1_000_000).default(5),
  restart_cooldown: duration('0s', '1d').default(0),
  alert_on_restart: flag().default(true),
});

// Loopback only: whoever wants it elsewhere puts a proxy before it.
const metrics = group({ port: whole(1, 65_535).nullable().default(null) });

const shutdown = group({ timeout: duration('0s', '1h').default(30) });

const logs = group({
  level: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  max_size: size('1K', '64G').default('20M'),
  keep: whole(1, 1000).default(5),
  overflow: choice(['block', 'drop']).default('block'),
});

const threadPool = (workers: number) => group({ max_workers: whole(1, 1024).default(workers) });
const resourceAllocation = group({
  thread_pools: group({ default: threadPool(10), io: threadPool(20), cpu: threadPool(4) }),
});

const moduleNames = list(text('the name of a module'), 'module names');

/** The whole of `daemon.yaml`. */
export const daemonFile = z.strictObject(
  {
    daemon: group({
      modules: mapping(givenName, moduleDefinition),
      profiles: mapping(givenName, moduleNames),
      autostart: moduleNames,
      ipc,
      watchdog,
      metrics,
      alerts,
      schedule,
      shutdown,
      logs,
      resource_allocation: resourceAllocation,
    }),
  },
  { error: 'a mapping with the key "daemon"' },
);

export type DaemonDocument = z.output<typeof daemonFile>;
