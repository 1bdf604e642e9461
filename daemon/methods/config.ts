/** config.* */
import type { MethodResult } from '../../rpc/contract.ts';
import type { Handlers } from '../../rpc/table.ts';

export interface ConfigMethodsContext {
  readonly show: () => MethodResult<'config.show'>;
  readonly validate: (dir: string | undefined) => MethodResult<'config.validate'>;
  readonly valueAt: (path: string) => MethodResult<'config.get'>;
  /** For a module; refuses what is not its own. */
  readonly ownValueAt: (path: string, module: string) => MethodResult<'config.get'>;
}

export function configMethods(
  configuration: ConfigMethodsContext,
): Pick<Handlers, 'config.show' | 'config.validate' | 'config.get'> {
  return {
    'config.show': () => configuration.show(),

    'config.validate': ({ dir }) => configuration.validate(dir),

    'config.get': ({ path }, { role, module }) =>
      role === 'operator'
        ? configuration.valueAt(path)
        : configuration.ownValueAt(path, module?.name ?? ''),
  };
}
