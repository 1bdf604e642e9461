/** rpc.discover */
import {
  describeContract,
  withClaimed,
  type ClaimedMethod,
  type OpenRpcDocument,
} from '../../rpc/discover.ts';
import type { Handlers } from '../../rpc/table.ts';

/** @param claimed what modules answer at present, the table's own methods included */
export function rpcMethods(
  version: string,
  claimed: () => readonly ClaimedMethod[],
): Pick<Handlers, 'rpc.discover'> {
  let table: OpenRpcDocument | null = null;
  return {
    'rpc.discover': () => {
      table ??= describeContract(version);
      return withClaimed(table, claimed());
    },
  };
}
