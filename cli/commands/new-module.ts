import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { namePattern, reservedNames } from '../../config/name-rule.ts';
import { packageRoot } from '../../config/paths.ts';
import { CliError, exitStatus } from '../failure.ts';
import { moduleApiImport } from '../module-api.ts';
import type { RunCommand, Session } from '../session.ts';
import { execTemplate } from '../templates/exec.ts';
import { nodeTemplate, threadTemplate } from '../templates/node.ts';
import { pythonTemplate } from '../templates/python.ts';
import type { MakeTemplate, Template } from '../templates/template.ts';
import { flaskTemplate, uvicornTemplate } from '../templates/web.ts';

const templates = {
  node: nodeTemplate,
  thread: threadTemplate,
  exec: execTemplate,
  python: pythonTemplate,
  uvicorn: uvicornTemplate,
  flask: flaskTemplate,
} satisfies Record<string, MakeTemplate>;

type ModuleType = keyof typeof templates;

interface NewModuleOptions {
  readonly type: ModuleType;
  readonly dir: string;
}

/** `module new`: a commented module of any type to begin with. Needs no daemon. */
export function addNewModuleCommand(group: Command, run: RunCommand): void {
  group
    .command('new')
    .description('write a small module to begin with, and print its section of daemon.yaml')
    .argument('<new-name>', "the module's name, and that of its folder", newName)
    .addOption(
      new Option('--type <type>', 'what runs it').choices(Object.keys(templates)).default('node'),
    )
    .option('--dir <dir>', 'where its folder is made', '.')
    .action((name: string, options: NewModuleOptions, command: Command) =>
      run(command, (session) => {
        createModule(session, name, options);
        return Promise.resolve();
      }),
    );
}

function newName(text: string): string {
  if (!namePattern.test(text))
    throw new InvalidArgumentError(
      'expected lower-case letters, digits, "-" and "_", a letter first, 48 characters at most.',
    );
  if (reservedNames.has(text)) throw new InvalidArgumentError('the name is reserved.');
  return text;
}

function createModule({ output }: Session, name: string, options: NewModuleOptions): void {
  const dir = resolve(options.dir, name);
  makeFolder(dir);
  const apiImport = moduleApiImport(dir);
  const template = templates[options.type]({ name, dir, apiImport });
  const files = writeFiles(dir, template);
  const { config } = template;
  const yaml = yamlOf(name, config);
  output.answer({ module: name, dir, files, config, yaml }, () => {
    output.done(`wrote ${files.map((file) => join(dir, file)).join(', ')}`);
    output.done('\nput this under "daemon: modules:" in daemon.yaml:\n');
    output.line(yaml);
    output.done('\nthen (a running daemon reads it on "superbot-cli config reload"):\n');
    output.done(`  superbot-cli daemon start\n  superbot-cli module start ${name}`);
  });
}

/** Never one that is there already: nothing of the user's is overwritten. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dirname(dir), { recursive: true });
    mkdirSync(dir);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already — choose another name, or --dir' : message;
    throw new CliError(exitStatus.failed, `cannot make the folder "${dir}": ${why}`);
  }
}

function writeFiles(dir: string, { files, executable, usesPython }: Template): string[] {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
  if (executable !== undefined) chmodSync(join(dir, executable), 0o755);
  if (!usesPython) return Object.keys(files);
  const library = 'superbot_module.py';
  copyFileSync(join(packageRoot(), 'modules', 'api', 'python', library), join(dir, library));
  return [...Object.keys(files), library];
}

/** Indented as under `daemon: modules:`. JSON is YAML as well, and quotes whatever a path may hold. */
function yamlOf(name: string, config: Template['config']): string {
  const keys = Object.entries(config).map(([key, value]) => `      ${key}: ${flow(value)}`);
  return [`    ${name}:`, ...keys].join('\n');
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
    return `{ ${pairs.join(', ')} }`;
  }
  const isPlain = typeof value === 'string' && /^[a-z]+$/.test(value);
  return isPlain ? value : JSON.stringify(value);
}
