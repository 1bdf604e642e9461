/**
 * Finds something out once for all that ask within one turn of the event loop, such as the launches
 * of a hundred modules that came in one read.
 */
export function onceATurn<T>(find: () => T): () => T {
  let found: { readonly value: T } | null = null;
  return () => {
    if (found === null) {
      found = { value: find() };
      setImmediate(() => (found = null));
    }
    return found.value;
  };
}
