import { expect } from 'chai';
import { describe, it } from 'mocha';
import { userIds } from '../../../../daemon/supervisor/launch/user.ts';

describe('the user of a module', () => {
  it('is looked up once, however often something is started as that user', function () {
    if (process.getuid?.() !== 0) {
      if (this.test) this.test.title += ' (skipped: only root may start something as another user)';
      this.skip();
    }
    const asked: string[] = [];
    const ask = (option: string, user: string): number => asked.push(`${option} ${user}`);
    for (let time = 0; time < 3; time++) {
      expect(userIds('bot', ask)).to.deep.equal({ uid: 1, gid: 2 });
    }
    expect(asked).to.deep.equal(['-u bot', '-g bot']);
    expect(userIds(null, ask)).to.equal(null);
  });

  it('that is not there is asked for again, because somebody may be adding it', function () {
    if (process.getuid?.() !== 0) {
      if (this.test) this.test.title += ' (skipped: only root may start something as another user)';
      this.skip();
    }
    let asked = 0;
    const ask = (): never => {
      asked += 1;
      throw new Error('no such user');
    };
    for (let time = 0; time < 2; time++) expect(() => userIds('nobody-yet', ask)).to.throw();
    expect(asked).to.equal(2);
    expect(() => userIds('nobody-yet')).to.throw(
      /cannot run as user "nobody-yet": [^]*no such user/,
    );
  });
});
