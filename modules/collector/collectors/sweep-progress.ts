/** How far the daily walk through all closed events has come, as it is kept from one run to the next. */
export type Sweep =
  | { readonly kind: 'under_way'; readonly after: string }
  | { readonly kind: 'done'; readonly atMs: number };

export function sweepText(sweep: Sweep): string {
  return sweep.kind === 'done' ? `done ${sweep.atMs}` : `after ${sweep.after}`;
}

/** What cannot be read was done long ago: then it begins anew. */
export function readSweep(text: string): Sweep {
  if (text.startsWith('after ')) return { kind: 'under_way', after: text.slice('after '.length) };
  const atMs = Number(/^done (\d{1,15})$/.exec(text)?.[1] ?? 0);
  return { kind: 'done', atMs };
}
