/** Each name with the names it waits for. */
export type Waiting = ReadonlyMap<string, readonly string[]>;

/**
 * Circles of names that wait for each other, each as the names along it without coming back to the
 * first: enough of them that with one wait of each taken away no circle is left. Names that wait for
 * themselves are not among them.
 */
export function cyclesIn(waiting: Waiting): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const start of waiting.keys()) {
    // Its own stack: a chain may be as long as the file allows.
    const trail: { readonly name: string; next: number }[] = [];
    const onTrail = new Map<string, number>();
    const enter = (name: string): void => {
      onTrail.set(name, trail.length);
      trail.push({ name, next: 0 });
    };
    if (!done.has(start)) enter(start);
    for (let last = trail.at(-1); last !== undefined; last = trail.at(-1)) {
      const name = waiting.get(last.name)?.[last.next++];
      if (name === undefined) {
        done.add(last.name);
        onTrail.delete(last.name);
        trail.pop();
      } else if (name !== last.name && onTrail.has(name)) {
        cycles.push(trail.slice(onTrail.get(name)).map((step) => step.name));
      } else if (!done.has(name) && !onTrail.has(name)) enter(name);
    }
  }
  return cycles;
}
