import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isDaemonTopic, isSubscribable, isTopic } from '../../rpc/topic.ts';

const sixteen = Array.from({ length: 16 }, (_, at) => `w${at}`).join('.');

describe('a topic', () => {
  //            text                      topic  pattern
  const rows: [string, boolean, boolean][] = [
    ['trade', true, true],
    ['price.BTC-USD_t/2.update', true, true],
    [sixteen, true, true],
    [`${sixteen}.w16`, false, false],
    ['x'.repeat(255), true, true],
    ['x'.repeat(256), false, false],
    ['price.*.update', false, true],
    ['**', false, true],
    ['a.**.b.**', false, true],
    ['a.***', false, false],
    ['a*', false, false],
    ['', false, false],
    ['a..b', false, false],
    ['.a', false, false],
    ['a.', false, false],
    ['a b', false, false],
    ['a\n', false, false],
    ['größe', false, false],
  ];
  for (const [text, topic, pattern] of rows) {
    it(`is ${JSON.stringify(text.slice(0, 40))}: ${topic}; a pattern: ${pattern}`, () => {
      expect([isTopic(text), isSubscribable(text)]).to.deep.equal([topic, pattern]);
    });
  }

  it('belongs to the daemon alone by its first word', () => {
    const own = ['system.ready', 'module', 'config.x.y', 'schedule.fired'];
    const free = ['systems.ready', 'price.system', 'modules.x', 'System.ready'];
    expect([...own, ...free].filter(isDaemonTopic)).to.deep.equal(own);
  });
});
