/** monitoring.health */
import type { MethodResult } from '../../rpc/contract.ts';
import type { Handlers } from '../../rpc/table.ts';

export function healthMethods(
  health: () => MethodResult<'monitoring.health'>,
): Pick<Handlers, 'monitoring.health'> {
  return { 'monitoring.health': health };
}
