/**
 * The value at a path, through own keys only: a name from outside such as `constructor` must not
 * reach what every object inherits. Undefined when there is none.
 */
export function ownValue(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}
