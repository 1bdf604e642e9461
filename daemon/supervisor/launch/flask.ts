/** `type: flask`: a WSGI application, served by waitress, or by Flask's own server for debugging. */
import type { FlaskModuleConfig } from '../../../config/effective.ts';
import type { Launcher } from './launcher.ts';
import { pythonEnvironment, pythonFor } from './python-program.ts';

export const launchFlask: Launcher<FlaskModuleConfig> = async (config, environment) => {
  const { app, host, port, debug, args, cwd } = config;
  const [module = app] = app.split(':');
  const server = debug ? 'flask' : 'waitress';
  const python = await pythonFor([server, module], cwd, environment);
  const where = [`--host=${host}`, `--port=${port}`];
  if (!debug) {
    return { argv: [python, '-m', server, ...where, ...args, app], cwd, env: pythonEnvironment };
  }
  const env = { ...pythonEnvironment, FLASK_APP: app, FLASK_DEBUG: '1' };
  return { argv: [python, '-m', server, 'run', ...where, ...args], cwd, env };
};
