import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BundledCli } from './bundle.ts';

describe('superbot-cli by itself', () => {
  const cli = new BundledCli();

  it('loads no schema, log or YAML library, and nothing of the daemon', () => {
    const foreign = cli.inputs.filter(
      (path) =>
        !/^(cli|rpc|config\/(paths|name-rule|program-file)\.|node_modules\/node:)/.test(path),
    );
    const packages = new Set(foreign.map((path) => path.split('/').slice(0, 2).join('/')));
    expect([...packages].sort()).to.deep.equal([
      'node_modules/commander',
      'node_modules/json-rpc-2.0',
    ]);
    expect(cli.inputs).to.not.include('rpc/contract.ts');
  });

  describe('with a mistake on its command line', () => {
    const mistakes: [string[], string][] = [
      [[], 'Usage:'],
      [['modul'], 'Did you mean module?'],
      [['module', 'strt', 'x'], 'Did you mean start?'],
      [['module', 'start'], 'name the modules, or say --all'],
      [['module', 'start', 'x', '--param', 'speed'], 'key=value'],
      [['start', 'x', '--timeout', '0'], 'expected seconds'],
      [['logs', '-n', 'many'], 'whole number'],
      [['logs', '--since', 'once'], 'expected a date'],
      [['logs', '--level', 'loud'], 'Allowed choices'],
      [['rpc', 'call', 'x', '{'], 'JSON'],
      [['rpc', 'call', 'x', '7'], 'a JSON object'],
      [['status', '--socket', 'tcp:example.org:1'], 'expected unix:'],
      [['stress', 'watch'], '"stress status" prints once'],
      [['stress', 'show', 'x'], 'expected the number of an event'],
      [['stress', 'history', '-H', '0'], 'expected hours'],
      [['stress', 'history', '--points', '5'], 'as many points as fit'],
      [['collector', 'query', 'trades', '--from', '1h', '--to', '2h'], 'is not before --to'],
      [['collector', 'query', 'books', '--format', 'table', '-o', 'x'], 'csv or ndjson'],
    ];
    for (const [args, said] of mistakes) {
      it(`exits 2 and says "${said}" for: ${args.join(' ') || '(nothing)'}`, async () => {
        const { status, stdout, stderr } = await cli.run(args);
        expect(status).to.equal(2);
        expect(stderr).to.include(said);
        expect(stdout).to.equal('');
      });
    }

    it('says so as a document with --json', async () => {
      const { status, stdout } = await cli.run(['module', 'start', '--json']);
      expect(status).to.equal(2);
      expect(JSON.parse(stdout)).to.have.nested.property('error.code', -32602);
    });
  });

  it('prints its version and its help with status 0', async () => {
    expect((await cli.run(['--version'])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    expect(await cli.run(['module', '--help'])).to.include({ status: 0, stderr: '' });
  });

  describe('without a daemon', () => {
    const commands = ['daemon status', 'status', 'module list', 'start x', 'balance', 'rpc call x'];
    for (const command of commands) {
      it(`exits 3 for ${command}, naming the socket and the command that starts it`, async () => {
        const { status, stderr } = await cli.run(['--home', cli.home, ...command.split(' ')]);
        expect(status).to.equal(3);
        expect(stderr).to.include(join(cli.home, 'superbot.sock'));
        expect(stderr).to.include(`superbot-cli daemon start --home ${cli.home}`);
      });
    }

    it('answers null as code with --json', async () => {
      const { status, stdout, stderr } = await cli.run(['--home', cli.home, '--json', 'status']);
      expect(status).to.equal(3);
      expect(stderr).to.equal('');
      expect(JSON.parse(stdout)).to.have.nested.property('error.code', null);
    });

    it('names the socket that it was told to use', async () => {
      const { status, stderr } = await cli.run(['status', '--socket', `${cli.home}/other.sock`]);
      expect(status).to.equal(3);
      expect(stderr).to.include(`unix:${cli.home}/other.sock (ENOENT)`);
    });
  });
});
