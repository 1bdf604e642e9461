import { InvalidArgumentError } from 'commander';
import type { ModuleParams } from '../rpc/shapes.ts';

type Json = ModuleParams[string];

/**
 * Reads one `--param key=value` into what was collected before; a later value of a key wins. The
 * value is JSON where it is JSON (`50`, `true`, `["a"]`), else the string as typed.
 *
 * @throws {InvalidArgumentError} a usage error, when there is no key
 */
export function addParam(text: string, collected: ModuleParams = {}): ModuleParams {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new InvalidArgumentError('expected the form key=value, for example speed=50.');
  }
  // From entries, because an assignment to the key "__proto__" would set a prototype instead.
  return Object.fromEntries([
    ...Object.entries(collected),
    [text.slice(0, equals), jsonOrText(text.slice(equals + 1))],
  ]);
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
