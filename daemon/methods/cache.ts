/** cache.* */
import type { Handlers } from '../../rpc/table.ts';
import { WrittenJson } from '../../rpc/written-json.ts';
import type { Cache } from '../cache/cache.ts';
import type { Kept } from '../cache/store.ts';

export function cacheMethods(
  cache: Cache,
): Pick<Handlers, 'cache.get' | 'cache.set' | 'cache.delete' | 'cache.stats'> {
  return {
    'cache.get': async ({ key, near = false }) => {
      const kept = await cache.get(key, near);
      return kept === null ? { hit: false, value: null } : written(kept, near);
    },

    'cache.set': async ({ key, value, ttl = null }) => {
      await cache.set(key, value, ttl);
      return {};
    },

    'cache.delete': async ({ key }) => ({ deleted: await cache.delete(key) }),

    'cache.stats': () => cache.stats(),
  };
}

/** Its text goes into the answer as it was stored. */
function written({ text, leftMs }: Kept, near: boolean): WrittenJson {
  const rest = near ? `,"ttl":${leftMs / 1000},"bytes":${Buffer.byteLength(text)}` : '';
  return new WrittenJson(`{"hit":true,"value":${text}${rest}}`);
}
