/** What modules, namespaces, variables, jobs and Python things may be called. */
import { pattern } from './fields.ts';
import { namePattern, reservedNames } from './name-rule.ts';

const daemonNamespaces = new Set(
  'daemon module monitoring logs schedule events subscription cache config link auth rpc'.split(
    ' ',
  ),
);
const nameRule = 'up to 48 lower-case letters, digits, "_" and "-", a letter first';

/** A name of the user's own: of a module, where it becomes file names, and of whatever is like one. */
export const givenName = pattern(namePattern, `a name of ${nameRule}`).refine(
  (name) => !reservedNames.has(name),
  { error: 'a name other than daemon, keeper and all, which are reserved' },
);

export const namespace = pattern(namePattern, `a namespace of ${nameRule}`).refine(
  (name) => !daemonNamespaces.has(name),
  { error: "a namespace that is not the daemon's own" },
);

export const variableName = pattern(
  /^(?!SUPERBOT_)[A-Za-z_][A-Za-z0-9_]*$/,
  'a variable name of letters, digits and "_" that does not begin with SUPERBOT_, which the daemon sets',
);

// Neither can begin with "-", which the program that gets them would take for an option.
export const pythonModule = pattern(
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/,
  'a dotted Python module such as bots.collector',
);

export const pythonApp = pattern(
  /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/,
  'a Python application as module:attribute such as web.app:app',
);

export const host = pattern(/^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$/, 'a host name or an address');
