/** `type: uvicorn`: an ASGI application such as FastAPI's, served by uvicorn. */
import type { UvicornModuleConfig } from '../../../config/effective.ts';
import type { Launcher } from './launcher.ts';
import { pythonEnvironment, pythonFor } from './python-program.ts';

export const launchUvicorn: Launcher<UvicornModuleConfig> = async (config, environment) => {
  const { app, host, port, workers, debug, args, cwd } = config;
  const [module = app] = app.split(':');
  const python = await pythonFor(['uvicorn', module], cwd, environment);
  const mode = debug ? ['--log-level', 'debug', '--reload'] : ['--workers', String(workers)];
  const where = ['--host', host, '--port', String(port)];
  return {
    argv: [python, '-m', 'uvicorn', app, ...where, ...mode, ...args],
    cwd,
    env: pythonEnvironment,
  };
};
