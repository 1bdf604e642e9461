import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync, statSync } from 'node:fs';
import { homePaths } from '../../../config/paths.ts';
import { issueTokens } from '../../../daemon/api/access.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

describe('tokens', () => {
  const folder = temporaryFolders();
  const linkToken = 'c'.repeat(64);
  const owner = { name: 'trading', launch: '1' };
  const ownerOf = (token: string) => (token === linkToken ? owner : null);

  it('stand for operator, observer and module, and nothing else for anybody', () => {
    const paths = homePaths(folder());
    const identify = issueTokens(paths, null, ownerOf);
    const operator = readFileSync(paths.token, 'utf8');
    const observer = readFileSync(paths.observerToken, 'utf8');
    expect(identify(operator)).to.deep.equal({ role: 'operator' });
    expect(identify(observer)).to.deep.equal({ role: 'observer' });
    expect(identify(linkToken)).to.deep.equal({ role: 'module', module: owner });
    for (const wrong of ['', ' ', operator.slice(1), `${operator}0`, operator.toUpperCase()]) {
      expect(identify(wrong), wrong).to.equal(null);
    }
  });

  it('are 32 random bytes in private files, new at each start', () => {
    const paths = homePaths(folder());
    const texts = [1, 2].flatMap(() => {
      issueTokens(paths, null, () => null);
      return [paths.token, paths.observerToken].map((path) => {
        expect(statSync(path).mode & 0o777).to.equal(0o600);
        return readFileSync(path, 'utf8');
      });
    });
    for (const text of texts) expect(text).to.match(/^[0-9a-f]{64}$/);
    expect(new Set(texts).size).to.equal(4);
  });

  it('are the configured one for the operator where there is one', () => {
    const paths = homePaths(folder());
    const identify = issueTokens(paths, 'open sesame', () => null);
    expect(readFileSync(paths.token, 'utf8')).to.equal('open sesame');
    expect(identify('open sesame')).to.deep.equal({ role: 'operator' });
  });
});
