/** `${NAME}` and `${NAME:-default}` in a string value. */

export interface Interpolated {
  readonly text: string;
  /** Whether any reference was replaced: the whole value is then treated as a secret. */
  readonly replaced: boolean;
  readonly problems: readonly string[];
}

const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

/**
 * Replaces every reference once; what comes in is not looked at again. As in a shell, the default
 * stands in for a variable that is unset or empty. `$${` is a literal `${`.
 */
export function interpolate(
  written: string,
  lookup: (name: string) => string | undefined,
): Interpolated {
  const problems: string[] = [];
  let replaced = false;
  const text = written.replace(
    reference,
    (match: string, name: string | undefined, standIn: string | undefined) => {
      if (match === '$${') return '${';
      if (name === undefined) {
        problems.push(
          'a reference is malformed, expected ${NAME} or ${NAME:-default}, or $${ for a literal ${',
        );
        return match;
      }
      const value = lookup(name);
      replaced = true;
      if (standIn !== undefined) return value === undefined || value === '' ? standIn : value;
      if (value === undefined)
        problems.push(
          `the variable ${name} is not set, expected it in the environment or in .env, or a default as in \${${name}:-default}`,
        );
      return value ?? '';
    },
  );
  return { text, replaced, problems };
}
