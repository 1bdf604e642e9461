/** The modules' links, joined to the configuration and to the modules' launches. */
import { Links, type LinksOptions } from '../api/links.ts';
import type { Configuration } from '../configuration.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

export interface LinkSources {
  readonly configuration: Configuration;
  readonly supervisor: Supervisor;
  readonly onHello: NonNullable<LinksOptions['onHello']>;
  readonly log: Log;
}

export function buildLinks({ configuration, supervisor, onHello, log }: LinkSources): Links {
  return new Links({
    providers: () =>
      [...configuration.config.modules.values()].map(({ name, provides, dependsOn, wants }) => ({
        module: name,
        namespaces: [name, ...provides],
        uses: [...dependsOn.keys(), ...wants],
      })),
    ownerOfToken: (token) => supervisor.ownerOfToken(token),
    onRefused: (module, launch, why) => supervisor.get(module).life.linkWasRefused(launch, why),
    onHello,
    onBroken: (module, why) => log.warn({ module, why }, 'the link of a module was closed'),
  });
}
