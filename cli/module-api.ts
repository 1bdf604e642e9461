/** How a module in some folder imports the API for its authors. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../config/paths.ts';

const names = '{ connectModule, log }';

/** As the package where it resolves from there, else as the file of this installation. */
export function moduleApiImport(dir: string): string {
  try {
    createRequire(join(dir, 'main.mjs')).resolve('superbot/module');
    return `import ${names} from 'superbot/module';`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    // Beside the bundle: dist/cli/superbot-cli.cjs and dist/modules/api/module.js.
    const { href } = new URL('../modules/api/module.js', import.meta.url);
    return `// By its path, because the package "superbot" is not installed for this folder. After
// "npm install ${packageRoot()}" here it can be 'superbot/module'.
import ${names} from '${href.replaceAll("'", '%27')}';`;
  }
}
