/**
 * The simulated venue as a program, `npm run simulate:polymarket -- [--port 8137] [--markets 500]
 * [--trades-per-second 20] [--faults full] …`, and as a module of SuperBot with the same settings as
 * params. Settings: settings.ts.
 */
import { connectModule, log } from '../../../modules/api/module.ts';
import { openControl } from './control.ts';
import { readSettings, type Settings, simulatorOptions } from './settings.ts';
import { openSimulator } from './simulator.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;

const link = connectModule();
try {
  await run(settings());
} catch (error) {
  log.error(`cannot simulate: ${described(error as NodeJS.ErrnoException)}`);
  process.exit(1);
}

function settings(): Settings {
  try {
    return readSettings(link.params, process.argv.slice(2));
  } catch (error) {
    log.error(`cannot simulate: ${(error as Error).message}`);
    process.exit(configurationErrorExitCode);
  }
}

async function run(given: Settings): Promise<void> {
  const simulator = await openSimulator(simulatorOptions(given));
  const port = Number(new URL(simulator.urls.gamma).port);
  const control = await openControl(
    simulator,
    given.control_port ?? (given.port === 0 ? 0 : port + 1),
  );
  link.onShutdown(() => {
    simulator.close();
    control.close();
  });
  link.ready();
  log.info(`ready on http://127.0.0.1:${port}, control on ${control.url}`, {
    gamma_url: simulator.urls.gamma,
    clob_url: simulator.urls.clob,
    data_url: simulator.urls.data,
    stream_url: simulator.urls.stream,
  });
}

function described({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EADDRINUSE' ? `${message} — give another port` : message;
}
