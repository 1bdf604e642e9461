// The Python that the tests of Python modules use: that of the system, where Debian's packages are.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../config/paths.ts';

const path = `/usr/bin:${process.env['PATH'] ?? ''}`;

/** For a module's `env`. */
export const pythonEnv = {
  PATH: path,
  PYTHONPATH: join(packageRoot(), 'modules', 'api', 'python'),
  PYTHONDONTWRITEBYTECODE: '1',
};

/** Why modules that import these cannot be tested here; null when they can. */
export function whyNoPython(...packages: readonly string[]): string | null {
  for (const name of ['sys', ...packages]) {
    const { error, status } = spawnSync('python3', ['-c', `import ${name}`], {
      env: { PATH: path },
    });
    if (error !== undefined) return 'python3 is not installed';
    if (status !== 0) return `the Python package ${name} is not installed`;
  }
  return null;
}
