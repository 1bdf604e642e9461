import { expect } from 'chai';
import { describe, it } from 'mocha';
import { LogFollowers, type Follower } from '../../../daemon/logs/follow.ts';
import type { LogLine } from '../../../rpc/shapes.ts';

describe('the followers of the logs', () => {
  it('ask for the lines of exactly those modules that somebody follows', async () => {
    const { followers, told } = setUp();
    const trading = collector('trading');
    await followers.add(trading.follower);
    await followers.add(collector('trading').follower);
    await followers.add(collector('daemon').follower);
    const all = collector(null);
    await followers.add(all.follower);
    await followers.remove(all.follower);
    await followers.remove(all.follower);
    await followers.remove(trading.follower);
    expect(told).to.deep.equal([['trading'], ['collector', 'trading'], ['trading']]);
  });

  it('get the lines and the losses of their module, or of all', async () => {
    const { followers } = setUp();
    const [trading, all] = [collector('trading'), collector(null)];
    await followers.add(trading.follower);
    await followers.add(all.follower);
    for (const module of ['trading', 'collector', 'daemon']) followers.take(lineOf(module));
    followers.skipped('trading', 3);
    followers.skipped('collector', 4);
    expect(trading.got).to.deep.equal(['trading', 'lost 3']);
    expect(all.got).to.deep.equal(['trading', 'collector', 'daemon', 'lost 3', 'lost 4']);
  });

  it('have joined only when the keeper has heard it, also those who ask for what others asked for', async () => {
    const asked: Pending[] = [];
    const followers = new LogFollowers(
      () => new Promise((resolve, reject) => asked.push({ resolve, reject })),
      () => ['trading'],
    );
    const order: string[] = [];
    const first = followers.add(collector('trading').follower).then(() => order.push('first'));
    const second = followers.add(collector('trading').follower).then(() => order.push('second'));
    await followers.remove(collector(null).follower);
    order.push('told');
    asked[0]?.resolve({});
    await Promise.all([first, second]);
    expect(order).to.deep.equal(['told', 'first', 'second']);
  });

  it('ask again after the keeper could not be told', async () => {
    const told: (readonly string[])[] = [];
    const follow = (modules: readonly string[]): Promise<Record<string, number>> => {
      told.push(modules);
      return told.length === 1 ? Promise.reject(new Error('gone')) : Promise.resolve({});
    };
    const followers = new LogFollowers(follow, () => ['trading']);
    const failure = await followers.add(collector('trading').follower).catch(String);
    expect(failure).to.equal('Error: gone');
    await followers.add(collector('trading').follower);
    expect(told).to.deep.equal([['trading'], ['trading']]);
  });

  it('get nothing after they left', async () => {
    const { followers } = setUp();
    const { follower, got } = collector(null);
    await followers.add(follower);
    expect(followers.present).to.equal(true);
    await followers.remove(follower);
    expect(followers.present).to.equal(false);
    followers.take(lineOf('trading'));
    expect(got).to.deep.equal([]);
  });
});

interface Pending {
  readonly resolve: (lastSeqs: Record<string, number>) => void;
  readonly reject: (error: Error) => void;
}

function setUp() {
  const told: (readonly string[])[] = [];
  const follow = (modules: readonly string[]): Promise<Record<string, number>> => {
    told.push(modules);
    return Promise.resolve({});
  };
  return { told, followers: new LogFollowers(follow, () => ['trading', 'collector']) };
}

function collector(module: string | null): { follower: Follower; got: string[] } {
  const got: string[] = [];
  const follower: Follower = {
    module,
    push: (line) => got.push(line.module),
    lost: (count) => got.push(`lost ${count}`),
  };
  return { follower, got };
}

function lineOf(module: string): LogLine {
  return { seq: 1, time: '', module, stream: 'stdout', level: 'info', text: '' };
}
