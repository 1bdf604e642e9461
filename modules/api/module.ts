/**
 * What the author of a module imports, as `superbot/module`: parameters in, readiness, halt and calls
 * out, and one place for what has to happen before the end. Also works without a daemon, when
 * somebody runs the program by hand.
 */
import type { CallOptions } from '../../rpc/calls.ts';
import type { Call, Method } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';
import { LoopLagMeter } from '../../rpc/loop-lag.ts';
import type { ModuleParams } from '../../rpc/shapes.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { type Cache, ModuleCache } from './cache.ts';
import { readEnvironment } from './link/environment.ts';
import type { EventOptions, EventSubscription } from './events/stream.ts';
import { Events } from './events.ts';
import { answerHealth, type HealthCallback } from './health.ts';
import { Link } from './link.ts';
import { log } from './log.ts';
import { withLoopLag } from './loop-lag.ts';
import { type FlushOptions, Publisher } from './events/publisher.ts';
import { type RequestOptions, Requests, type Responder } from './events/requests.ts';
import { Shutdown, type ShutdownCallback, type ShutdownPhase } from './shutdown.ts';

export { RpcError } from '../../rpc/errors.ts';
export type { CallOptions } from '../../rpc/calls.ts';
export type { Cache, CacheMetrics, CacheReadOptions } from './cache.ts';
export type { Event } from '../../rpc/shapes-event.ts';
export type { EventOptions, EventSubscription } from './events/stream.ts';
export type { Health, HealthCallback } from './health.ts';
export { log, type LogFields, type Logger } from './log.ts';
export type { FlushOptions } from './events/publisher.ts';
export {
  OrderHeartbeat,
  type OrderHeartbeatOptions,
  type OrderHeartbeatStats,
} from './order-heartbeat.ts';
export { repeat, type RepeatOptions } from './repeat.ts';
export type { RequestOptions, Responder } from './events/requests.ts';
export type { ShutdownCallback, ShutdownInfo, ShutdownPhase } from './shutdown.ts';

export interface ModuleOptions {
  /**
   * Answers to calls, by full name (`trading.balance`). An RpcError thrown reaches the caller as it
   * is; anything else is logged here and reaches the caller as "internal error".
   */
  readonly methods?: Readonly<Record<string, (params: unknown) => unknown>>;
  /** As `Module.onShutdown`, in the phase `cleanup`. */
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
  /** Shared with all other modules. */
  readonly cache: Cache;
  /** Ready for work. The daemon is told, and told again whenever it was away. */
  ready(): void;
  /**
   * Asks to be stopped, and not to be restarted until an operator says so. Where the daemon cannot
   * be asked the process shuts down with exit code 79, which means the same.
   */
  halt(reason: string): Promise<void>;
  /** Calls the daemon or another module through it; waits for a link that is away. */
  call(method: string, params?: object, options?: CallOptions): Promise<unknown>;
  /**
   * Tells everybody who has subscribed to the topic: dotted words, such as `price.BTCUSDT.update`,
   * of which the first is not one of the daemon's. Resolves with the event's id; rejects as `call`.
   * @param data whatever JSON can say
   */
  publish(topic: string, data: unknown): Promise<string>;
  /**
   * As `publish`, but nothing is answered: for many events. Resolves when there is room for another,
   * which is at once unless the daemon is away or reads more slowly; await it in a loop. Never
   * rejects. What cannot be an event, and the oldest beyond 10,000 (or 8 MB) that wait, is dropped and
   * counted in the log. What is under way when a link breaks may be lost.
   */
  emit(topic: string, data: unknown): Promise<void>;
  /**
   * Resolves when the daemon has whatever was published or emitted before: for before `process.exit`.
   * `close` and a shutdown wait for it themselves, 0.4 s. Rejects as `call`.
   */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Events to go through with `for await`, from the moment that the daemon has been told, now and on
   * every new link. In a topic `*` stands for one word, `**` for any number. Ends with `close`.
   */
  events(topics: string | readonly string[], options?: EventOptions): EventSubscription;
  /**
   * As `events`, handed to a callback, each when the one before it is done with; what the callback
   * throws is logged.
   */
  subscribe(
    topics: string | readonly string[],
    onEvent: (event: Event) => unknown,
    options?: EventOptions,
  ): EventSubscription;
  /**
   * Asks whoever has said `respond` for the topic, also on other hosts that share the event bus, and
   * gives the first answer. Rejects with the RpcError that was thrown there, with -32006 when no
   * answer came in time, and as `publish`.
   */
  request(topic: string, data: unknown, options?: RequestOptions): Promise<unknown>;
  /**
   * Answers requests under the topic, several at a time. There should be one that answers a topic: if
   * there are more, all act on the request, and the first answer counts.
   */
  respond(topic: string, responder: Responder): EventSubscription;
  /**
   * Runs once before the process ends, on link.shutdown, SIGTERM, SIGINT or a halt: first every
   * callback of the phase `pre`, then those of `cleanup` (where none is given), then of `post`; in
   * each the last added first. One that fails or hangs is logged and keeps no other from running.
   */
  onShutdown(callback: ShutdownCallback): void;
  onShutdown(phase: ShutdownPhase, callback: ShutdownCallback): void;
  /**
   * Answers the daemon's health checks from now on; until then the answer is that all is well. What
   * does not come in time means that the module hangs.
   */
  onHealth(callback: HealthCallback): void;
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
  if (options.onShutdown) shutdown.add('cleanup', options.onShutdown);

  let health: HealthCallback | null = null;
  const loopLag = new LoopLagMeter();
  const daemonMethods = new Map<string, Method<null>>([
    ['link.health', async () => withLoopLag(await answerHealth(health, log), loopLag.take())],
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
  const events = new Events(log);
  const call: Module['call'] = (method, params, callOptions) =>
    link === null ? Promise.reject(notLinked(method)) : link.call(method, params, callOptions);
  const cache = new ModuleCache({ call, isUp: () => link?.isUp === true, log });
  const link =
    environment.kind === 'supervised'
      ? new Link({
          environment: environment.link,
          methods: new Map(methods),
          daemonMethods,
          onUp: (peer) => {
            events.connected(peer);
            cache.connected(peer);
            publisher?.connected(peer);
          },
          onNotification: (method, params) => {
            // What was kept is forgotten before anybody can act on the news.
            cache.take(method, params);
            events.take(method, params);
          },
          log,
        })
      : null;
  const publisher = link === null ? null : new Publisher(link, log);

  const publish: Module['publish'] = (topic, data) =>
    publisher?.publish(topic, data) ?? Promise.reject(notLinked('events.publish'));
  const subscribe: Module['subscribe'] = (topics, onEvent, eventOptions) => {
    const stream = events.open(topics, eventOptions);
    void events.each(stream, onEvent);
    return stream;
  };
  const requests = new Requests({ publish, subscribe, log });

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
    await leave();
  }

  async function leave(): Promise<void> {
    events.close();
    await publisher?.end();
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
    cache,
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
    publish,
    emit: (topic, data) => publisher?.emit(topic, data) ?? Promise.resolve(),
    flush: async (flushOptions) => publisher?.flush(flushOptions),
    events: (topics, eventOptions) => events.open(topics, eventOptions),
    subscribe,
    request: (...request) => requests.request(...request),
    respond: (...response) => requests.respond(...response),
    call,
    onShutdown: (...args: [ShutdownCallback] | [ShutdownPhase, ShutdownCallback]) => {
      if (args.length === 1) shutdown.add('cleanup', args[0]);
      else shutdown.add(...args);
    },
    onHealth: (callback) => {
      health = callback;
    },
    close: async () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      await leave();
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
