import type { ModuleParams } from '../../../rpc/shapes.ts';

/** What a program learns from its environment: a supervised module, or a program run by hand. */
export type ModuleEnvironment =
  | { kind: 'supervised'; link: LinkEnvironment; params: ModuleParams }
  | { kind: 'detached'; params: ModuleParams };

export interface LinkEnvironment {
  readonly home: string;
  readonly endpoint: string;
  readonly module: string;
  /** `<module>:<launch id>`, new with every launch. */
  readonly launch: string;
  /** Proves that this process is that launch; of no use to any other. */
  readonly token: string;
}

/** Throws when SUPERBOT_MODULE is set but its companions are not, or when the params are no object. */
export function readEnvironment(env: NodeJS.ProcessEnv): ModuleEnvironment {
  const params = readParams(env['SUPERBOT_PARAMS']);
  const module = env['SUPERBOT_MODULE'];
  if (module === undefined || module === '') return { kind: 'detached', params };
  const link: LinkEnvironment = {
    module,
    home: required(env, 'SUPERBOT_HOME'),
    endpoint: required(env, 'SUPERBOT_ENDPOINT'),
    launch: required(env, 'SUPERBOT_LAUNCH'),
    token: required(env, 'SUPERBOT_LINK_TOKEN'),
  };
  return { kind: 'supervised', link, params };
}

function readParams(text: string | undefined): ModuleParams {
  if (text === undefined || text === '') return Object.freeze({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error('cannot read SUPERBOT_PARAMS: it is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('cannot read SUPERBOT_PARAMS: expected a JSON object');
  }
  return deepFreeze(value) as ModuleParams;
}

function deepFreeze(value: object): object {
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(
    `cannot join the daemon: SUPERBOT_MODULE is set but ${name} is not — start the module with superbot-cli, or unset SUPERBOT_MODULE to run it by hand`,
  );
}
