import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readEnvironment } from '../../../../modules/api/link/environment.ts';

const complete = {
  SUPERBOT_HOME: '/h',
  SUPERBOT_ENDPOINT: 'unix:/h/superbot.sock',
  SUPERBOT_MODULE: 'trading',
  SUPERBOT_LAUNCH: 'trading:7',
  SUPERBOT_LINK_TOKEN: 't',
  SUPERBOT_PARAMS: '{"mode":"paper","risk":{"max":1}}',
};

describe('the environment of a module', () => {
  it('is read whole', () => {
    expect(readEnvironment(complete)).to.deep.equal({
      kind: 'supervised',
      link: {
        home: '/h',
        endpoint: 'unix:/h/superbot.sock',
        module: 'trading',
        launch: 'trading:7',
        token: 't',
      },
      params: { mode: 'paper', risk: { max: 1 } },
    });
  });

  it('freezes the params, all the way down', () => {
    const { params } = readEnvironment(complete);
    expect(params).to.be.frozen;
    expect(params['risk']).to.be.frozen;
  });

  it('is detached without SUPERBOT_MODULE, with params where there are some', () => {
    expect(readEnvironment({})).to.deep.equal({ kind: 'detached', params: {} });
    expect(readEnvironment({ SUPERBOT_PARAMS: '{"a":1}' })).to.deep.equal({
      kind: 'detached',
      params: { a: 1 },
    });
  });

  for (const name of [
    'SUPERBOT_HOME',
    'SUPERBOT_ENDPOINT',
    'SUPERBOT_LAUNCH',
    'SUPERBOT_LINK_TOKEN',
  ]) {
    it(`is refused without ${name}`, () => {
      expect(() => readEnvironment({ ...complete, [name]: undefined })).to.throw(name);
    });
  }

  for (const text of ['{', '[]', 'null', '3']) {
    it(`is refused with ${text} for params`, () => {
      expect(() => readEnvironment({ SUPERBOT_PARAMS: text })).to.throw('SUPERBOT_PARAMS');
    });
  }
});
