/** What of a configuration may be shown. */
import type { Path } from './problems.ts';

const maskedText = '***';

/**
 * A copy for output. Masked is every value that came in through `${}`, every value under a key that
 * sounds like a secret, and every URL with a password in it. Null stays: it says that none is set.
 */
export function masked(
  value: unknown,
  isInterpolated: (path: Path) => boolean,
  path: Path = [],
): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => masked(item, isInterpolated, [...path, index]));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        masked(item, isInterpolated, [...path, key]),
      ]),
    );
  if (value === null || value === undefined) return null;
  const hidden = isSecretPath(path) || isInterpolated(path) || holdsPassword(value);
  return hidden ? maskedText : value;
}

/** Whether a value of this path must not be shown, going by the names of its keys. */
export function isSecretPath(path: Path): boolean {
  // A choice of two words that everyone may see; only its name sounds like a secret.
  if (path.join('.') === 'daemon.ipc.auth') return false;
  return path.some(
    (key, index) => typeof key === 'string' && soundsSecret(key) && !isGivenName(path, index),
  );
}

// `api_key`, `authToken`, `db-password`, but not `keep` or `monkey`.
const secretWords = new Set(['key', 'keys', 'auth', 'pwd', 'pass', 'pin', 'dsn', 'mnemonic']);
const secretStems = /token|secret|passw|passphrase|credential|apikey|privatekey|accesskey/;

function soundsSecret(key: string): boolean {
  const words = key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWords.has(word) || secretStems.test(word));
}

// A module called `token-watch` is no secret, nor is all that is said about it.
const groupsOfNamed = new Set([
  'daemon.modules',
  'daemon.profiles',
  'daemon.schedule.jobs',
  'connectors.exchanges',
]);

function isGivenName(path: Path, index: number): boolean {
  if (path[1] === 'modules' && index === 4) return path[3] === 'depends_on';
  return groupsOfNamed.has(path.slice(0, index).join('.'));
}

/** A URL with a password in it: beside the user, or as an option of a database's. */
export function holdsPassword(value: unknown): boolean {
  return (
    typeof value === 'string' && /:\/\/([^/?#\s@:]*:[^/?#\s]*@|\S*[?&](ssl)?password=)/i.test(value)
  );
}
