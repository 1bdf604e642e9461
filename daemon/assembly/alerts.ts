/** The alerts, joined to where they are written, published and run as commands. */
import type { HomePaths } from '../../config/paths.ts';
import { Alerts } from '../alerts/alerts.ts';
import { BoundedCommands } from '../bounded-command.ts';
import type { Bus } from '../bus/bus.ts';
import type { Configuration } from '../configuration.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../logs/daemon-log.ts';
import { cleanEnvironment } from '../supervisor/launch/environment.ts';
import type { System } from '../system.ts';

export interface AlertSources {
  readonly system: System;
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly journal: Journal;
  readonly bus: Bus;
}

export function buildAlerts(sources: AlertSources): Alerts {
  const { system, paths, configuration, environment, log, journal, bus } = sources;
  return new Alerts({
    system,
    home: paths.root,
    config: () => configuration.config.alerts,
    log,
    record: (module, alert) => journal.alert(module, alert),
    publish: bus.publish,
    environment: { ...cleanEnvironment(environment), SUPERBOT_HOME: paths.root },
    run: (command, signal) => new BoundedCommands(system).run(command, signal),
  });
}
