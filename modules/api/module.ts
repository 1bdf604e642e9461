/**
 * What the author of a module imports, as `superbot/module`: parameters in, readiness, halt and calls
 * out, and one place for what has to happen before the end. Also works without a daemon, when
 * somebody runs the program by hand.
 */
import type { CallOptions } from '../../rpc/calls.ts';
import type { Call, Method } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { ModuleParams } from '../../rpc/shapes.ts';
import { readEnvironment } from './environment.ts';
import { Link } from './link.ts';
import { log } from './log.ts';
import { Shutdown, type ShutdownCallback } from './shutdown.ts';

export { RpcError } from '../../rpc/errors.ts';
export type { CallOptions } from '../../rpc/calls.ts';
export { log, type LogFields, type Logger } from './log.ts';
export type { ShutdownCallback, ShutdownInfo } from './shutdown.ts';

export interface ModuleOptions {
  /**
   * Answers to calls, by full name (`trading.balance`). An RpcError thrown reaches the caller as it
   * is; anything else is logged here and reaches the caller as "internal error".
   */
  readonly methods?: Readonly<Record<string, (params: unknown) => unknown>>;
  /** As `Module.onShutdown`. */
  readonly onShutdown?: ShutdownCallback;
  /** Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Module {
  /** The module's name, or null when no daemon started this program. */
  readonly name: string | null;
  /** `<module>:<launch id>`, or null when no daemon started this program. */
  readonly launch: string | null;
  /** The effective parameters, frozen. */
  readonly params: ModuleParams;
  /** Ready for work. The daemon is told, and told again whenever it was away. */
  ready(): void;
  /**
   * Asks to be stopped, and not to be restarted until an operator says so. Where the daemon cannot
   * be asked the process shuts down with exit code 79, which means the same.
   */
  halt(reason: string): Promise<void>;
  /** Calls the daemon or another module through it; waits for a link that is away. */
  call(method: string, params?: object, options?: CallOptions): Promise<unknown>;
  /** Runs once before the process ends, on link.shutdown, SIGTERM or SIGINT; the last added first. */
  onShutdown(callback: ShutdownCallback): void;
  /** The work is done: gives up the link, so that the process can end by itself. */
  close(): Promise<void>;
}

/** Time to shut down after a signal; the daemon's own deadline comes with link.shutdown. */
const signalDeadlineMs = 10_000;
const haltTimeoutMs = 5000;
const haltExitCode = 79;
/**
 * How long open handles may keep a process alive that has shut down: less than the second after
 * which the daemon signals a module that has answered link.shutdown.
 */
const drainMs = 500;

/** Joins the daemon that started this process. Returns at once; the link comes up beside it. */
export function connectModule(options: ModuleOptions = {}): Module {
  const environment = readEnvironment(options.env ?? process.env);
  const shutdown = new Shutdown();
  if (options.onShutdown) shutdown.add(options.onShutdown);

  const daemonMethods = new Map<string, Method<null>>([
    [
      'link.shutdown',
      async (call) => {
        call.afterAnswer(() => void end(deadlineOf(call), 0));
        await shutdown.run(deadlineOf(call));
        return {};
      },
    ],
  ]);
  const methods = Object.entries(options.methods ?? {}).map(
    ([name, method]) => [name, ({ params }: Call<null>) => method(params)] as const,
  );
  const link =
    environment.kind === 'supervised'
      ? new Link({ environment: environment.link, methods: new Map(methods), daemonMethods, log })
      : null;

  let isEnding = false;
  /** Shuts down unless that is done already, then lets the process end. */
  async function end(deadlineMs: number, exitCode: number): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    process.exitCode = exitCode;
    try {
      await shutdown.run(deadlineMs);
    } catch (error) {
      log.error('the module did not shut down properly', { error });
      process.exitCode = exitCode === 0 ? 1 : exitCode;
    }
    setTimeout(() => process.exit(), drainMs).unref();
    await link?.close();
  }

  const onSignal = () => void end(signalDeadlineMs, 0);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  link?.start();

  return {
    name: environment.kind === 'supervised' ? environment.link.module : null,
    launch: environment.kind === 'supervised' ? environment.link.launch : null,
    params: environment.params,
    ready: () => link?.ready(),
    halt: async (reason) => {
      log.warn('halting', { reason });
      try {
        if (link === null) throw notLinked('link.halt');
        await link.call(
          'link.halt',
          { reason: reason.slice(0, 1000) },
          { timeoutMs: haltTimeoutMs },
        );
      } catch (error) {
        log.warn(`the daemon could not be asked to halt; ending with ${haltExitCode}`, { error });
        await end(signalDeadlineMs, haltExitCode);
      }
    },
    call: (method, params, callOptions) =>
      link === null ? Promise.reject(notLinked(method)) : link.call(method, params, callOptions),
    onShutdown: (callback) => shutdown.add(callback),
    close: async () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      await link?.close();
    },
  };
}

function deadlineOf({ params }: Call<null>): number {
  const { deadline_ms }: { deadline_ms?: unknown } = params ?? {};
  return typeof deadline_ms === 'number' && deadline_ms > 0 ? deadline_ms : signalDeadlineMs;
}

function notLinked(method: string): RpcError {
  return new RpcError('notRunning', `cannot call ${method}: no daemon started this program`);
}
