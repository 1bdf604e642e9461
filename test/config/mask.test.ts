import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isSecretPath, masked } from '../../config/mask.ts';
import { ownValue } from '../../config/own-value.ts';
import { load, loaded, problemLines } from './config-folder.ts';

const hunter2 = { SECRET: 'hunter2' };

describe('masking', () => {
  it('hides every value that came in through a reference, wherever it stands', () => {
    const result = loaded(
      `
daemon:
  modules:
    a:
      module: x
      args: [--login, "user:\${SECRET}"]
      params: {list: [1, {inner: "\${SECRET}"}], alias: &it "\${SECRET}", again: *it}
      env: {LOGIN: "\${SECRET}", MODE: "\${MODE:-paper}", PLAIN: shown}
`,
      hunter2,
    );
    expect(JSON.stringify(result.masked)).to.not.include('hunter2');
    expect(ownValue(result.masked, ['daemon', 'modules', 'a', 'args'])).to.deep.equal([
      '--login',
      '***',
    ]);
    expect(ownValue(result.masked, ['daemon', 'modules', 'a', 'env'])).to.deep.equal({
      LOGIN: '***',
      MODE: '***',
      PLAIN: 'shown',
    });
    expect(result.config.modules.get('a')!.env['LOGIN']).to.equal('hunter2');
  });

  it('hides literal values under keys that sound like secrets, and passwords in URLs', () => {
    const document = {
      api_key: 'a',
      nested: { dbPassword: { any: ['b', 1, null] } },
      DATABASE_URL: 'postgres://user:pw@host/db',
      site: 'https://example.org:443/@x',
      keep: 5,
    };
    expect(masked(document, () => false)).to.deep.equal({
      api_key: '***',
      nested: { dbPassword: { any: ['***', '***', null] } },
      DATABASE_URL: '***',
      site: 'https://example.org:443/@x',
      keep: 5,
    });
  });

  for (const key of ['token', 'auth_token', 'authToken', 'API-KEY', 'apikey', 'passphrase', 'key'])
    it(`takes ${key} for a secret`, () => expect(isSecretPath([key])).to.equal(true));

  for (const path of [
    ['keep'],
    ['monkey'],
    ['author'],
    ['daemon', 'ipc', 'auth'],
    ['daemon', 'modules', 'token-watch', 'cwd'],
  ])
    it(`shows ${path.join('.')}`, () => expect(isSecretPath(path)).to.equal(false));

  it('holds in the text of problems too', () => {
    const lines = problemLines(
      load(
        `
daemon:
  modules:
    a: {module: x, stop: {signal: "\${SECRET}"}, user: "\${SECRET} x", provides: ["X\${SECRET}"]}
  autostart: ["\${SECRET}"]
  ipc: {tcp_host: "\${SECRET}", auth_token: [hunter2], transport: "\${SECRET}"}
  shutdown: {timeout: "\${SECRET}"}
`,
        hunter2,
      ),
    );
    expect(lines).to.have.length(8);
    for (const line of lines) expect(line).to.not.include('hunter2');
  });
});
