import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isPrivateUrl } from '../../config/loopback.ts';
import { load, loaded, problemLines } from './config-folder.ts';

const webhook = 'daemon: {alerts: {webhook: "${HOOK}"}}';

describe('daemon.alerts', () => {
  it('tells log, journal and bus alone, unless something is set', () => {
    expect(loaded('daemon: {}').config.alerts).to.deep.equal({
      cooldownMs: 300_000,
      minSeverity: 'info',
      command: null,
      webhook: null,
      includeOutput: false,
      onRestart: true,
    });
    const { config } = loaded('daemon: {watchdog: {alert_on_restart: false}}');
    expect(config.alerts.onRestart).to.equal(false);
  });

  it('finds a command as other paths are found, and leaves one in PATH to that', () => {
    const { config, baseDir } = loaded('daemon: {alerts: {command: [./notify.sh, "-v"]}}');
    expect(config.alerts.command).to.deep.equal([`${baseDir}/notify.sh`, '-v']);
    const inPath = loaded('daemon: {alerts: {command: [notify]}}').config;
    expect(inPath.alerts.command).to.deep.equal(['notify']);
  });

  it('shows the URL of the webhook nowhere, right or wrong', () => {
    const secret = 'https://hooks.example/T0/hunter2';
    const { config, masked } = loaded(webhook, { HOOK: secret });
    expect(config.alerts.webhook).to.equal(secret);
    expect(JSON.stringify(masked)).to.not.include('hunter2');
    const refused = problemLines(load(webhook, { HOOK: secret.replace('https', 'http') }));
    expect(refused).to.deep.equal([
      'daemon.yaml:1:28: daemon.alerts.webhook: found a value that is not shown, expected an https URL, or an http one of a loopback address',
    ]);
  });

  it('takes the URL only by reference', () => {
    const written = 'daemon: {alerts: {webhook: "https://hooks.example/T0/hunter2"}}';
    expect(problemLines(load(written))).to.deep.equal([
      'daemon.yaml:1:19: daemon.alerts.webhook: is written out, expected a reference such as "${ALERT_WEBHOOK}"',
    ]);
  });

  const mistakes: [string, RegExp][] = [
    ['cooldown: 2d', /alerts\.cooldown: .*expected a duration from 0s to 1d/],
    ['min_severity: fatal', /expected one of info, warning, critical/],
    ['command: notify', /expected a list: the program and its arguments/],
    ['command: []', /expected a list of at least the program/],
    ['web_hook: x', /is an unknown key, expected "webhook"\?/],
  ];
  for (const [keys, message] of mistakes) {
    it(`tells of ${keys} what is expected`, () => {
      expect(problemLines(load(`daemon: {alerts: {${keys}}}`)).join()).to.match(message);
    });
  }

  it('sends to no address where others could read it', () => {
    const fine = [
      'https://x.example/',
      'http://127.0.0.1:80/',
      'http://localhost/',
      'http://[::1]:9/',
    ];
    const bad = [
      ...['http://x.example/', 'http://127.0.0.1.example/', 'http://localhost.example/'],
      ...['http://0.0.0.0/', 'http://10.0.0.1/', 'file:///etc/passwd', 'ws://127.0.0.1/', 'x'],
      ...['http://127.0.0.1@x.example/', 'http://[::2]/', ''],
    ];
    expect(fine.filter((url) => !isPrivateUrl(url))).to.deep.equal([]);
    expect(bad.filter((url) => isPrivateUrl(url))).to.deep.equal([]);
  });
});
