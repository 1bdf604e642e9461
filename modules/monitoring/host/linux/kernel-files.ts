/** The small files in which Linux tells of itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As much of a line for people, not more. */
const toldMax = 50;

export class KernelFiles {
  readonly #root: string;
  readonly #tell: (message: string) => void;
  readonly #told = new Set<string>();

  /** @param root where `proc` and `sys` are */
  constructor(root: string, tell: (message: string) => void) {
    this.#root = root;
    this.#tell = tell;
  }

  /** Null when it is not there, or cannot be read: the latter is told, once for each file. */
  read(path: string): string | null {
    try {
      return readFileSync(join(this.#root, path), 'utf8');
    } catch (error) {
      this.#note(path, error);
      return null;
    }
  }

  /** The names in a folder, sorted; none when it is not there, or cannot be read. */
  list(folder: string): string[] {
    try {
      return readdirSync(join(this.#root, folder)).sort();
    } catch (error) {
      this.#note(folder, error);
      return [];
    }
  }

  #note(path: string, error: unknown): void {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const complaint = complaintOf(path, code);
    if (complaint === null || this.#told.has(path) || this.#told.size === toldMax) return;
    this.#told.add(path);
    this.#tell(complaint);
  }
}

/** ENODEV: a core or a group that went; EAGAIN, ENODATA: a sensor that sleeps. */
const absences = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'EAGAIN', 'ENODATA']);

/** For people; null when there is nothing to complain of, as the file is only not there. */
export function complaintOf(path: string, code: string): string | null {
  if (absences.has(code)) return null;
  return `cannot read ${path} (${code}), so what it says is unknown${advice(path, code)}`;
}

function advice(path: string, code: string): string {
  switch (code) {
    case 'EOPNOTSUPP':
      return path.startsWith('/proc/pressure/')
        ? ': pressure stall information is built into this kernel and off — boot it with psi=1'
        : '';
    case 'EACCES':
    case 'EPERM':
      return ' — let this user read it, or do without';
    default:
      return '';
  }
}
