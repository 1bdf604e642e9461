import type { Forensics } from '../forensics/forensics.ts';
import type { MonitorStore, PruneLimits } from '../store.ts';

/** Rows and folders; of the folders also old ones that no row names any more. */
export async function pruneAll(
  parts: {
    readonly store: Pick<MonitorStore, 'prune'>;
    readonly forensics: Pick<Forensics, 'folders' | 'remove'>;
  },
  limits: PruneLimits,
  { dryRun }: { readonly dryRun: boolean },
) {
  const { store, forensics } = parts;
  const there = await forensics.folders();
  const { samples, happenings, folders } = await store.prune(limits, { dryRun });
  const old = there
    .filter(({ name, atMs }) => folders.includes(name) || atMs < limits.happeningsBeforeMs)
    .map(({ name }) => name);
  if (!dryRun) await forensics.remove(old);
  return { dry_run: dryRun, samples, events: happenings, folders: old.length };
}
