/**
 * Where the cache keeps its values. A backend knows nothing of JSON, limits on keys and values,
 * counts of hits or subscribers: `Cache` is in front of it and does that for all of them.
 */
export interface CacheStore {
  /** What was set last and has neither expired nor been dropped; null is a miss. */
  get(key: string): Promise<Kept | null>;
  /**
   * Replaces what was there.
   * @param text JSON, kept as it is
   * @param ttlMs whole milliseconds, at least 1
   */
  set(key: string, text: string, ttlMs: number): Promise<void>;
  /** False when there was nothing, or only something expired. */
  delete(key: string): Promise<boolean>;
  stats(): Promise<StoreStats>;
  /** Gives up what it holds; nothing is asked of it afterwards. Legal twice. */
  close(): Promise<void>;
}

export interface Kept {
  /**
   * As it was set: JSON in one line, which goes into an answer unread. A backend that other programs
   * can write to sees to it that it is that, and takes anything else for a miss.
   */
  readonly text: string;
  /** Until it expires; above 0. */
  readonly leftMs: number;
}

/** Null is what the backend cannot say without looking at every key. */
export interface StoreStats {
  readonly entries: number | null;
  /** Of keys and values, as UTF-8. */
  readonly bytes: number | null;
  /** Dropped alive, because there was no room. */
  readonly evictions: number;
}

/**
 * Given to a backend that is shared: called when another daemon has set or deleted the key, after
 * that is in force; null when any key may have changed unseen, such as when a connection was lost.
 * Not for what expires or is evicted, and nothing bad comes of a call too many.
 */
export type OnChange = (key: string | null) => void;
