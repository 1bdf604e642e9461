/** How far the walks through the markets have come, as it is kept from one run to the next. */
export interface Progress {
  /** When the last walk through all of them began. */
  readonly fullAtMs: number | null;
  /** The newest update that has been read, by the venue's clock. */
  readonly openSinceMs: number | null;
  readonly closedSinceMs: number | null;
}

export function progressText({ fullAtMs, openSinceMs, closedSinceMs }: Progress): string {
  return JSON.stringify({ fullAtMs, openSinceMs, closedSinceMs });
}

/** What cannot be read is no progress: then all is walked through once more. */
export function readProgress(text: string | null): Progress {
  const fields = parsed(text);
  return {
    fullAtMs: momentOf(fields['fullAtMs']),
    openSinceMs: momentOf(fields['openSinceMs']),
    closedSinceMs: momentOf(fields['closedSinceMs']),
  };
}

function parsed(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Written by hand or by another version: it costs one full walk.
    return {};
  }
}

function momentOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : null;
}
