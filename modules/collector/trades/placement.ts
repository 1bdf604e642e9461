/** Which token is followed on which connection. Pure. */

export interface Place {
  readonly stream: string;
  readonly tokenIds: ReadonlySet<string>;
}

export interface Placement {
  /** On connections that there are; what is removed leaves room. */
  readonly remove: readonly { readonly stream: string; readonly tokenIds: readonly string[] }[];
  readonly add: readonly { readonly stream: string; readonly tokenIds: readonly string[] }[];
  /** New connections. */
  readonly open: readonly { readonly stream: string; readonly tokenIds: readonly string[] }[];
  /** Have nothing left to follow. */
  readonly close: readonly string[];
}

/**
 * The steps from where tokens are followed to those that are wanted. A token stays where it is: to
 * move it would be a gap. New ones fill up what has room.
 */
export function place(
  places: readonly Place[],
  wanted: readonly string[],
  tokensMax: number,
): Placement {
  const isWanted = new Set(wanted);
  const kept = places.map(({ stream, tokenIds }) => ({
    stream,
    kept: [...tokenIds].filter((tokenId) => isWanted.has(tokenId)),
    gone: [...tokenIds].filter((tokenId) => !isWanted.has(tokenId)),
  }));
  const followed = new Set(kept.flatMap((one) => one.kept));
  const fresh = [...isWanted].filter((tokenId) => !followed.has(tokenId));
  const add = kept.flatMap(({ stream, kept: { length } }) => {
    const tokenIds = fresh.splice(0, tokensMax - length);
    return tokenIds.length === 0 ? [] : [{ stream, tokenIds }];
  });
  const close = kept
    .filter(
      ({ stream, kept: { length } }) => length === 0 && !add.some((one) => one.stream === stream),
    )
    .map(({ stream }) => stream);
  const taken = new Set(places.map(({ stream }) => stream));
  const open = [];
  for (let index = 0; fresh.length > 0; index += 1) {
    const stream = `trades/${index}`;
    if (!taken.has(stream)) open.push({ stream, tokenIds: fresh.splice(0, tokensMax) });
  }
  const remove = kept
    .filter(({ stream, gone }) => gone.length > 0 && !close.includes(stream))
    .map(({ stream, gone }) => ({ stream, tokenIds: gone }));
  return { remove, add, open, close };
}
