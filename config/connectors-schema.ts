/** What `connectors.yaml` may hold: the exchanges, and how we say there who we are. */
import * as z from 'zod';
import { flag, group, mapping } from './fields.ts';
import { givenName } from './names.ts';

/** That it is a reference is checked in `references.ts`, which knows how the value was written. */
const credential = z
  .string({ error: 'a reference such as "${EXCHANGE_API_KEY}", or null' })
  .nullable()
  .default(null);

export const credentialKeys: readonly string[] = ['api_key', 'api_secret'];

/** The whole file. */
export const connectorsFile = z.strictObject(
  {
    connectors: group({
      exchanges: mapping(
        givenName,
        group({
          enabled: flag().default(true),
          // Real money only by saying so.
          testnet: flag().default(true),
          api_key: credential,
          api_secret: credential,
        }),
      ),
    }),
  },
  { error: 'a mapping with the key "connectors"' },
);
