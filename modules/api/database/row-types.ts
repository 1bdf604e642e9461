/** How values come: exact ones as text, and no time that depends on where the process runs. */
import { types } from 'pg';

/** Object identifiers of pg_type.dat. */
const asText: ReadonlySet<number> = new Set([
  1082, // date: pg would make it midnight in the zone of this process
  1114, // timestamp: the same
  1186, // interval: pg would make it an object that no longer says how it was written
]);
/** Arrays that pg would read as floating-point numbers, or in a zone: arrays of text instead. */
const asTextArray: ReadonlySet<number> = new Set([1231, 1182, 1115, 1187]);
const textArray = 1009;

type GetTypeParser = typeof types.getTypeParser;
/** Its types name only some of the numbers that there are. */
const standard = types.getTypeParser as (oid: number, format?: string) => unknown;

export const rowTypes: { getTypeParser: GetTypeParser } = {
  getTypeParser: ((oid: number, format?: string) =>
    asText.has(oid)
      ? String
      : standard(asTextArray.has(oid) ? textArray : oid, format)) as GetTypeParser,
};
