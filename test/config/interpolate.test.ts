import { expect } from 'chai';
import { describe, it } from 'mocha';
import { interpolate } from '../../config/interpolate.ts';
import { load, loaded, problemLines } from './config-folder.ts';

const variables = new Map([
  ['NAME', 'value'],
  ['EMPTY', ''],
  ['NESTED', '${NAME}'],
]);
const lookup = (name: string) => variables.get(name);

describe('interpolation', () => {
  const cases: [string, string, boolean][] = [
    ['plain', 'plain', false],
    ['${NAME}', 'value', true],
    ['a-${NAME}-${NAME}', 'a-value-value', true],
    ['${MISSING:-other}', 'other', true],
    ['${MISSING:-}', '', true],
    ['${EMPTY}', '', true],
    ['${EMPTY:-other}', 'other', true],
    ['${NAME:-other}', 'value', true],
    ['${MISSING:-a:-b c}', 'a:-b c', true],
    ['${NESTED}', '${NAME}', true],
    ['$${NAME}', '${NAME}', false],
    ['$NAME $ {NAME} {NAME}', '$NAME $ {NAME} {NAME}', false],
  ];
  for (const [written, text, replaced] of cases)
    it(`makes ${JSON.stringify(text)} of ${written}`, () => {
      expect(interpolate(written, lookup)).to.deep.equal({ text, replaced, problems: [] });
    });

  for (const written of ['${', '${}', '${1A}', '${A-b}', '${ NAME }', '${NAME'])
    it(`refuses the malformed reference ${written}`, () => {
      expect(interpolate(written, lookup).problems).to.have.length(1);
    });

  it('says which variable is not set, and where it is asked for', () => {
    expect(problemLines(load('daemon:\n  ipc:\n    auth_token: ${A}${B}\n'))).to.deep.equal([
      'daemon.yaml:3:17: daemon.ipc.auth_token: the variable A is not set, expected it in the environment or in .env, or a default as in ${A:-default}',
      'daemon.yaml:3:17: daemon.ipc.auth_token: the variable B is not set, expected it in the environment or in .env, or a default as in ${B:-default}',
    ]);
  });

  it('reads .env beside the file, and the real environment first', () => {
    const yaml = 'daemon: {modules: {a: {module: "${ONE}/${TWO}.js"}}}';
    const { config, baseDir } = loaded(yaml, { ONE: 'real' }, 'ONE=file\nTWO="two" # comment\n');
    expect(config.modules.get('a')).to.deep.include({
      entry: { kind: 'file', path: `${baseDir}/real/two.js` },
    });
  });

  it('leaves keys and the names that every object has alone', () => {
    expect(problemLines(load('daemon: {modules: {a: {module: "${constructor}"}}}'))).to.have.length(
      1,
    );
    expect(problemLines(load('"${NAME}": 1', { NAME: 'daemon' }))[0]).to.match(/unknown key/);
  });

  it('brings numbers, flags, durations and sizes in as text and has them understood', () => {
    const { config } = loaded(
      `
daemon:
  modules:
    a: {module: x, enabled: "\${FLAG}", restart: {jitter: "\${SHARE}", base_delay: "\${SECONDS}"}}
  ipc: {tcp_port: "\${PORT}", max_message: "\${SIZE}"}
`,
      { FLAG: 'false', SHARE: '0.5', SECONDS: '3', PORT: '8080', SIZE: '8192' },
    );
    expect(config.ipc).to.deep.include({ tcpPort: 8080, maxMessageBytes: 8192 });
    const module = config.modules.get('a')!;
    expect(module.enabled).to.equal(false);
    expect(module.restart).to.deep.include({ jitter: 0.5, baseDelayMs: 3000 });
  });
});
