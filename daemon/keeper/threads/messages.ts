/**
 * What keeper and thread host say to each other, one JSON object per line on the host's socket. The
 * host outlives a keeper: a new one says hello and learns which threads there are.
 */

export interface ThreadStart {
  readonly launch: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The module's pipes, by path: the host opens them as a child would inherit them. */
  readonly stdout: string;
  readonly stderr: string;
}

export type ToHost =
  | { readonly op: 'hello' }
  /** Somebody has removed the socket, where the next keeper would look for it. */
  | { readonly op: 'listen' }
  | { readonly op: 'start'; readonly thread: ThreadStart }
  | { readonly op: 'terminate'; readonly launch: string }
  /** The keeper has stored this thread's exit. */
  | { readonly op: 'forget'; readonly launch: string };

export type FromHost =
  | { readonly event: 'threads'; readonly threads: readonly ThreadReport[] }
  | { readonly event: 'exited'; readonly launch: string; readonly code: number };

export interface ThreadReport {
  readonly launch: string;
  /** Null while it runs. */
  readonly code: number | null;
}
