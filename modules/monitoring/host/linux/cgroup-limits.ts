/**
 * The limits that hold for this process, read from its control groups:
 * docs.kernel.org/admin-guide/cgroup-v2.html, and …/cgroup-v1/ for hosts that still mount that.
 */
import type { ContainerLook, MemoryLimitLook, QuotaLook } from '../look.ts';
import type { CgroupFolders } from './cgroup-folders.ts';
import { figureOf, keyed } from './figures.ts';
import type { KernelFiles } from './kernel-files.ts';

export interface CgroupPlaces {
  readonly cpu: CgroupFolders | null;
  readonly memory: CgroupFolders | null;
}

/** Null where there is no limit at all. */
export function readContainer(files: KernelFiles, places: CgroupPlaces): ContainerLook | null {
  const cpu = places.cpu && tightestQuota(files, places.cpu);
  const memory = places.memory && tightestMemory(files, places.memory);
  return cpu || memory ? { cpu, memory } : null;
}

function tightestQuota(files: KernelFiles, { version, folders }: CgroupFolders): QuotaLook | null {
  const quotas = folders
    .map((folder) => (version === 2 ? quota2(files, folder) : quota1(files, folder)))
    .filter((quota) => quota !== null)
    .sort((one, other) => one.quotaUs / one.periodUs - other.quotaUs / other.periodUs);
  const [tightest] = quotas;
  if (!tightest) return null;
  const { folder, quotaUs, periodUs } = tightest;
  const throttled = keyed(files.read(`${folder}/cpu.stat`), 'nr_throttled');
  return {
    quotaCores: quotaUs / periodUs,
    throttledMs: throttled === null ? null : (throttled * periodUs) / 1000,
  };
}

interface Quota {
  readonly folder: string;
  readonly quotaUs: number;
  readonly periodUs: number;
}

/** `50000 100000`, `max 100000` */
function quota2(files: KernelFiles, folder: string): Quota | null {
  const [quotaUs, periodUs] = (files.read(`${folder}/cpu.max`) ?? '').split(' ').map(figureOf);
  return quotaUs && periodUs ? { folder, quotaUs, periodUs } : null;
}

/** −1 is none. */
function quota1(files: KernelFiles, folder: string): Quota | null {
  const quotaUs = figureOf(files.read(`${folder}/cpu.cfs_quota_us`));
  if (quotaUs === null || quotaUs <= 0) return null;
  const periodUs = figureOf(files.read(`${folder}/cpu.cfs_period_us`));
  return periodUs ? { folder, quotaUs, periodUs } : null;
}

/** That which has the least room left. Kills are counted by the outermost for all within it. */
function tightestMemory(
  files: KernelFiles,
  { version, folders }: CgroupFolders,
): MemoryLimitLook | null {
  const limits = folders
    .map((folder) => (version === 2 ? memory2(files, folder) : memory1(files, folder)))
    .filter((limit) => limit !== null);
  const oomKills = limits.at(-1)?.oomKills ?? null;
  const [tightest] = limits.sort((one, other) => roomBytes(one) - roomBytes(other));
  return tightest ? { ...tightest, oomKills } : null;
}

function roomBytes({ maxBytes, usedBytes, reclaimableBytes }: MemoryLimitLook): number {
  return maxBytes - usedBytes + reclaimableBytes;
}

function memory2(files: KernelFiles, folder: string): MemoryLimitLook | null {
  const maxBytes = figureOf(files.read(`${folder}/memory.max`));
  if (maxBytes === null) return null;
  const usedBytes = figureOf(files.read(`${folder}/memory.current`));
  if (usedBytes === null) return null;
  const stat = files.read(`${folder}/memory.stat`);
  const cached = ['inactive_file', 'active_file', 'slab_reclaimable'];
  return {
    usedBytes,
    maxBytes,
    reclaimableBytes: Math.min(usedBytes, total(stat, cached)),
    oomKills: keyed(files.read(`${folder}/memory.events`), 'oom_kill'),
  };
}

/** No limit is written as the highest number of pages there is. */
const noLimitBytes = 2 ** 62;

function memory1(files: KernelFiles, folder: string): MemoryLimitLook | null {
  const maxBytes = figureOf(files.read(`${folder}/memory.limit_in_bytes`));
  if (maxBytes === null || maxBytes >= noLimitBytes) return null;
  const usedBytes = figureOf(files.read(`${folder}/memory.usage_in_bytes`));
  if (usedBytes === null) return null;
  const stat = files.read(`${folder}/memory.stat`);
  return {
    usedBytes,
    maxBytes,
    reclaimableBytes: Math.min(
      usedBytes,
      total(stat, ['total_inactive_file', 'total_active_file']),
    ),
    oomKills: keyed(files.read(`${folder}/memory.oom_control`), 'oom_kill'),
  };
}

function total(stat: string | null, keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + (keyed(stat, key) ?? 0), 0);
}
