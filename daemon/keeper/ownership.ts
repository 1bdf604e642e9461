/**
 * Whose a launch is. After an upgrade a home has two keepers for a while: the older one serves its
 * children to their end, and what is its own is nobody else's to adopt, end or launch again.
 */
import { isAlive, type ProcessIdentity } from '../processes.ts';
import { KeeperError } from './keeper-error.ts';
import { type LaunchRecord, readRecordOf, type RecordsFound } from './record.ts';

/** Living keepers of other protocol versions. */
export type OtherKeepers = ReadonlyMap<number, ProcessIdentity>;

/** What no living keeper has. A record that is not whole does not tell whose it is. */
export function ownerless(
  { records, damaged }: RecordsFound,
  others: OtherKeepers,
  isOurs: (record: LaunchRecord) => boolean,
): RecordsFound {
  return {
    records: records.filter((record) => !others.has(record.protocol) && !isOurs(record)),
    damaged: others.size > 0 ? [] : damaged,
  };
}

/** Throws `already_running` when another keeper has a living launch of the module. */
export function refuseSecondLaunch(runDir: string, name: string, others: OtherKeepers): void {
  const record = others.size === 0 ? null : readRecordOf(runDir, name);
  const keeper = record && others.get(record.protocol);
  if (!keeper || record.exit !== null || !isAlive(record.identity)) return;
  const why = `a launch of "${name}" is alive under keeper ${keeper.pid}`;
  throw new KeeperError('already_running', why);
}
