import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import type { FlaskModuleConfig, UvicornModuleConfig } from '../../../../config/effective.ts';
import { packageRoot } from '../../../../config/paths.ts';
import { launchFlask } from '../../../../daemon/supervisor/launch/flask.ts';
import { launchUvicorn } from '../../../../daemon/supervisor/launch/uvicorn.ts';
import { loaded } from '../../../config/config-folder.ts';
import { pythonEnv, whyNoPython } from '../../../support/python.ts';

const cwd = JSON.stringify(join(packageRoot(), 'test', 'fixtures', 'launchers'));

/** The words after the interpreter, and what the type adds to the environment. */
async function commandOf(section: string): Promise<[words: string, env: object]> {
  const { config } = loaded(`daemon: {modules: {web: {cwd: ${cwd}, ${section}}}}`);
  const module = config.modules.get('web') as UvicornModuleConfig | FlaskModuleConfig;
  const { argv, env = {} } =
    module.type === 'uvicorn'
      ? await launchUvicorn(module, pythonEnv)
      : await launchFlask(module, pythonEnv);
  return [argv.slice(1).join(' '), env];
}

const unbuffered = { PYTHONUNBUFFERED: '1' };
const rows: [title: string, section: string, words: string, env: object, needs: string][] = [
  [
    'uvicorn, in production',
    'type: uvicorn, app: "asgi:app", host: 127.0.0.1, port: 8001, workers: 3, args: [--no-access-log]',
    '-m uvicorn asgi:app --host 127.0.0.1 --port 8001 --workers 3 --no-access-log',
    unbuffered,
    'uvicorn',
  ],
  [
    'uvicorn, for debugging',
    'type: uvicorn, app: "asgi:app", workers: 3, debug: true',
    '-m uvicorn asgi:app --host 127.0.0.1 --port 8000 --log-level debug --reload',
    unbuffered,
    'uvicorn',
  ],
  [
    'flask, in production',
    'type: flask, app: "wsgi:app", port: 8081, args: [--threads=2]',
    '-m waitress --host=0.0.0.0 --port=8081 --threads=2 wsgi:app',
    unbuffered,
    'waitress',
  ],
  [
    'flask, for debugging',
    'type: flask, app: "wsgi:app", host: 127.0.0.1, debug: true',
    '-m flask run --host=127.0.0.1 --port=8080',
    { ...unbuffered, FLASK_APP: 'wsgi:app', FLASK_DEBUG: '1' },
    'flask',
  ],
];

describe('the command of a web module (row 81)', () => {
  for (const [title, section, words, env, needs] of rows) {
    const skipped = whyNoPython(needs);
    const why = skipped === null ? '' : ` (skipped: ${skipped})`;
    (skipped === null ? it : it.skip)(`of type ${title}${why}`, async () => {
      expect(await commandOf(section)).to.deep.equal([words, env]);
    });
  }
});
