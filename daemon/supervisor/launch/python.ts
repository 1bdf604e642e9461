/** `type: python`: `python -m MODULE ARGS…`. */
import type { PythonModuleConfig } from '../../../config/effective.ts';
import type { Launcher } from './launcher.ts';
import { pythonEnvironment, pythonFor } from './python-program.ts';

export const launchPython: Launcher<PythonModuleConfig> = async (config, environment) => {
  const { module, args, cwd } = config;
  const python = await pythonFor([module], cwd, environment);
  return { argv: [python, '-m', module, ...args], cwd, env: pythonEnvironment };
};
