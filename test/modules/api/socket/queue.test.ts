import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Received } from '../../../../modules/api/socket.ts';
import { eventually, type Tick, unread, Venue } from './venue.ts';

describe('the queue of a socket', () => {
  let venue: Venue;

  beforeEach(async () => {
    venue = await Venue.open();
  });

  afterEach(() => venue.close());

  it('drops the oldest when it is full, and says so in their place', async () => {
    const story: unknown[] = [];
    const { socket, publish } = await unread(venue, {
      queueMessagesMax: 3,
      onGap: ({ reason, lost }) => story.push([reason, lost]),
    });
    await publish(5);
    expect(socket.metrics).to.include({ queue_depth: 3, lost: 2, messages: 5 });
    for (let n = 0; n < 3; n += 1) {
      story.push(((await socket.next()) as IteratorYieldResult<Received<Tick>>).value.message.n);
    }
    expect(story).to.deep.equal([['overflow', 2], 3, 4, 5]);
    await socket.close();
  });

  it('is bounded in bytes, too', async () => {
    const { socket, publish } = await unread(venue, { queueBytesMax: 60 });
    await publish(9);
    expect(socket.metrics.queue_bytes).to.be.at.most(60);
    expect(socket.metrics.lost).to.be.greaterThan(0);
    await socket.close();
  });

  it('closes the socket when it is full, if that is asked for', async () => {
    const { socket, publish } = await unread(venue, { queueMessagesMax: 2, whenFull: 'close' });
    await publish(2);
    venue.publish();
    const error = await socket.closed;
    expect(error).to.include({ kind: 'overflow' });
    expect(error?.message).to.include('more than 2 messages');
  });

  it('waits for onGap before the next message is given', async () => {
    let finish: () => void = () => undefined;
    const { socket, clock } = await unread(venue, {
      onGap: () => new Promise<void>((resolve) => (finish = resolve)),
    });
    venue.last.break();
    await eventually('the loss', () => socket.metrics.state === 'waiting');
    await clock.advance(500);
    await eventually('open again', () => socket.metrics.state === 'open');
    venue.publish();
    await venue.last.heard();
    let given: unknown = null;
    void socket.next().then((result) => (given = result));
    await venue.last.heard();
    expect(given).to.equal(null);
    finish();
    await eventually('the message', () => given);
    await socket.close();
  });

  it('gives what has arrived before a close, and then ends', async () => {
    const { socket, publish } = await unread(venue);
    await publish(2);
    await socket.close();
    const given: number[] = [];
    await socket.each(({ message }) => given.push(message.n));
    expect(given).to.deep.equal([1, 2]);
  });

  it('goes on when a handler or onGap fails', async () => {
    const { socket, publish } = await unread(venue, {
      queueMessagesMax: 2,
      onGap: () => {
        throw new Error('as the test likes');
      },
    });
    await publish(3);
    await socket.close();
    let count = 0;
    await socket.each(() => {
      count += 1;
      throw new Error('as the test likes');
    });
    expect(count).to.equal(2);
  });
});
