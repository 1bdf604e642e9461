/**
 * Names in a document that must name something else in it. Checked on the document as written, so
 * that these mistakes are told together with those of single values.
 */
import { nearestName } from './nearest.ts';
import { ownValue } from './own-value.ts';
import type { Path } from './problems.ts';

export interface ReferenceMistake {
  readonly path: Path;
  readonly expected: string;
}

export function referenceMistakes(document: unknown): ReferenceMistake[] {
  return autostartMistakes(
    ownValue(document, ['daemon', 'autostart']),
    ownValue(document, ['daemon', 'modules']),
  );
}

function autostartMistakes(autostart: unknown, modules: unknown): ReferenceMistake[] {
  if (!Array.isArray(autostart)) return [];
  const names = typeof modules === 'object' && modules !== null ? Object.keys(modules) : [];
  return autostart.flatMap((name: unknown, index) => {
    const path = ['daemon', 'autostart', index];
    if (typeof name !== 'string' || name === '') return [];
    if (autostart.indexOf(name) !== index) return [{ path, expected: 'each name only once' }];
    if (!names.includes(name)) {
      const nearest = nearestName(name, names);
      const hint = nearest === null ? '' : `: "${nearest}"?`;
      return [{ path, expected: `a module of daemon.modules${hint}` }];
    }
    const enabled = ownValue(modules, [name, 'enabled']);
    if (enabled !== false && enabled !== 'false') return [];
    return [{ path, expected: 'a module that is enabled' }];
  });
}
