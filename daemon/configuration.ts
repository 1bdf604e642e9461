/** The configuration that the daemon works with, as far as others may see it. */
import { isAbsolute } from 'node:path';
import { loadConfig } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import { ownValue } from '../config/own-value.ts';
import type { Environment } from '../config/paths.ts';
import { formatProblem } from '../config/problems.ts';
import type { MethodResult } from '../rpc/contract.ts';
import { RpcError } from '../rpc/errors.ts';

export class Configuration {
  readonly #loaded: Extract<LoadedConfig, { ok: true }>;
  readonly #environment: Environment;

  /** @param environment what references in files that are judged later are replaced from */
  constructor(loaded: Extract<LoadedConfig, { ok: true }>, environment: Environment) {
    this.#loaded = loaded;
    this.#environment = environment;
  }

  /** Without secrets. */
  show(): MethodResult<'config.show'> {
    return this.#loaded.masked as MethodResult<'config.show'>;
  }

  /** Reads the files as they are now. */
  validate(dir = this.#loaded.dir): MethodResult<'config.validate'> {
    if (!isAbsolute(dir))
      throw new RpcError('invalidParams', `invalid params: dir "${dir}" is not an absolute path`);
    const judged = loadConfig({ configDir: dir, env: this.#environment });
    return {
      problems: judged.ok ? [] : judged.problems.map(formatProblem),
      notices: judged.notices.map(formatProblem),
    };
  }

  /** Any value, masked. */
  valueAt(path: string): MethodResult<'config.get'> {
    return valueIn(this.#loaded.masked, path);
  }

  /** With its secrets, which are in the module's environment anyway. Refuses another's section. */
  ownValueAt(path: string, module: string): MethodResult<'config.get'> {
    const own = `daemon.modules.${module}`;
    if (path === own || path.startsWith(`${own}.`)) return valueIn(this.#loaded.document, path);
    throw new RpcError('refused', `a module may read its own section only: ${own}`, {
      reason: 'not_own_section',
    });
  }
}

function valueIn(document: unknown, path: string): MethodResult<'config.get'> {
  const value = ownValue(document, path.split('.')) ?? null;
  return { value: value as MethodResult<'config.get'>['value'] };
}
