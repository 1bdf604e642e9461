/**
 * Whether the contract's schema for any JSON value accepts a parsed one and gives it back unchanged:
 * it refuses numbers that were too large to be read, and leaves out members named `__proto__`. A walk
 * that takes a tenth of the schema's time.
 */
export function isJsonValue(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.every(isJsonValue) : hasJsonMembers(value);
}

function hasJsonMembers(value: object): boolean {
  const members = value as Readonly<Record<string, unknown>>;
  return Object.keys(members).every((name) => name !== '__proto__' && isJsonValue(members[name]));
}
