/** What a module may be called. Apart from the schemas, which the command line does not load. */

/** The name becomes file names, a method namespace and the value of a variable. */
export const namePattern = /^[a-z][a-z0-9_-]{0,47}$/;

/** They mean something else already in every command. */
export const reservedNames: ReadonlySet<string> = new Set(['daemon', 'keeper', 'all']);
