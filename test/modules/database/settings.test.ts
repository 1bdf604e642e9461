import { expect } from 'chai';
import { describe, it } from 'mocha';
import { postgresEnvironment } from '../../../modules/database/environment.ts';
import { serverArguments } from '../../../modules/database/settings.ts';

describe('how the server is called', () => {
  it('is without TCP where there are sockets, and quoted in a list of folders', () => {
    const args = serverArguments('/x/pg', { kind: 'socket', folder: '/a, "b"' });
    expect(args).to.include('listen_addresses=');
    expect(args).to.include('unix_socket_directories="/a, ""b"""');
  });

  it('is on loopback alone where there are none', () => {
    const args = serverArguments('C:\\x', { kind: 'port', port: 50_000 });
    expect(args).to.include('listen_addresses=127.0.0.1').and.include('port=50000');
    expect(args.join()).to.not.include('unix_socket');
  });

  it('gives it none of the secrets of the module, but the mark of its launch', () => {
    const env = postgresEnvironment({
      ...{ PATH: '/bin', SUPERBOT_LAUNCH: 'database:1', SUPERBOT_HOME: '/h', SECRET: 's' },
      ...{ SUPERBOT_DATABASE_URL: 'postgresql://u:p@h', SUPERBOT_LINK_TOKEN: 't', LANG: 'de_DE' },
    });
    expect(env).to.deep.equal({
      ...{ PATH: '/bin', SUPERBOT_LAUNCH: 'database:1', SUPERBOT_HOME: '/h' },
      ...{ LC_ALL: 'C', TZ: 'UTC' },
    });
  });
});
