/**
 * What modules publish that the daemon itself acts on: alerts of theirs, and what the module that
 * watches the host says of it. What Redis brings of modules of other hosts never comes here.
 */
import { uptime } from 'node:os';
import type { Alerts } from '../alerts/alerts.ts';
import { Cooldown } from '../alerts/cooldown.ts';
import { isAlertTopic, ModuleAlerts } from '../alerts/module-alerts.ts';
import type { Links } from '../api/links.ts';
import type { Bus } from '../bus/bus.ts';
import type { Configuration } from '../configuration.ts';
import { type HostPause, Pauses } from '../host/pauses.ts';
import { StressRecord } from '../host/stress-record.ts';
import { hostNamespace, hostTopics, readTold } from '../host/told.ts';
import { pauseData, pauseInWords, stressInWords } from '../journal/host-wording.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { ModuleEvent } from '../methods/events.ts';
import type { Transition } from '../supervisor/context.ts';
import type { System } from '../system.ts';
import type { LostTime } from '../watchdog/stall.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';

export interface ModuleNewsSources {
  readonly system: System;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly bus: Bus;
  readonly alerts: Alerts;
  readonly journal: Journal;
  /** Asked when they are needed, because they are built later. */
  readonly links: () => Links;
  readonly watchdog: () => Watchdog;
}

export interface ModuleNews {
  /** Never throws. */
  readonly take: (event: ModuleEvent) => void;
  /** The module has a link now. */
  readonly linked: (module: string) => void;
  /** The watchdog has noticed it, and begun anew. */
  readonly timeWasLost: (lost: LostTime) => void;
  readonly transition: (transition: Transition) => void;
  /** Tells what is not told yet. */
  readonly stop: () => void;
}

/** How often the log is told that what a module says of the host cannot be understood. */
const mistakeSaidEveryMs = 10 * 60_000;
/** After these nothing that the module had said of the host still holds. */
const endings: ReadonlySet<Transition['event']> = new Set([
  'launch',
  'gone',
  'back_off',
  'give_up',
  'import_failure',
]);

export function buildModuleNews(sources: ModuleNewsSources): ModuleNews {
  const { system, configuration, log, alerts, journal, links, watchdog } = sources;
  const watchesHost = (module: string): boolean => {
    const provides = configuration.config.modules.get(module)?.provides;
    return provides !== undefined && (module === hostNamespace || provides.includes(hostNamespace));
  };
  const pauses = new Pauses({
    system,
    bootMs: () => uptime() * 1000,
    isWatched: () =>
      [...configuration.config.modules.keys()].some(
        (module) => watchesHost(module) && links().launchOf(module) !== null,
      ),
    beginAnew: () => watchdog().beginAnew(),
    onPause: (pause) => tellPause(pause, sources),
  });
  const stress = new StressRecord({
    system,
    record: (change) => journal.host(stressInWords(change)),
  });
  const mistakes = new Cooldown();
  const takeOfHost = ({ module, topic, data }: ModuleEvent): void => {
    const told = readTold(topic, data);
    if (told?.kind === 'pause') pauses.told(told);
    else if (told?.kind === 'level') stress.take(told);
    else if (mistakes.pass(module, system.monotonicMs(), mistakeSaidEveryMs) !== null)
      log.warn({ module, topic }, `cannot understand "${topic}" of ${module}: it is passed over`);
  };
  const ofModules = new ModuleAlerts({ system, raise: alerts.raise, log });
  return {
    take: (event) => {
      if (isAlertTopic(event.topic)) ofModules.take(event);
      else if (hostTopics.has(event.topic) && watchesHost(event.module)) takeOfHost(event);
    },
    linked: (module) => {
      if (watchesHost(module)) pauses.watch();
    },
    timeWasLost: (lost) => pauses.noticed(lost),
    transition: ({ module, event }) => {
      if (endings.has(event) && watchesHost(module)) stress.unwatched();
    },
    stop: () => {
      pauses.stop();
      stress.stop();
    },
  };
}

function tellPause(pause: HostPause, { log, bus, journal }: ModuleNewsSources): void {
  const words = pauseInWords(pause);
  if (pause.told !== null) log.warn(pauseData(pause), words.text);
  journal.host(words);
  bus.publish('system.pause', pauseData(pause));
}
