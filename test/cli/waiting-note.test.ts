import { expect } from 'chai';
import { describe, it } from 'mocha';
import { conditionOf } from '../../cli/waiting-note.ts';

describe('what a start waits for', () => {
  const cases: [ready: object | null, text: string][] = [
    [{ link: true, timeout: '30s' }, 'its link says so, within 30s'],
    [{ log: '^up$', timeout: '1m' }, 'a line of its output matches ^up$, within 1m'],
    [{ http: 'http://127.0.0.1:1/', timeout: '30s' }, 'http://127.0.0.1:1/ answers, within 30s'],
    [{ tcp: 80, timeout: '30s' }, 'port 80 answers, within 30s'],
    [{ after: '1s', timeout: '30s' }, 'it has stayed up for 1s, within 30s'],
    [{ timeout: 5 }, 'its own port answers, within 5'],
  ];
  for (const [ready, text] of cases) {
    it(`with ${JSON.stringify(ready)} is told as: ${text}`, () => {
      expect(conditionOf(ready)).to.equal(text);
    });
  }
});
