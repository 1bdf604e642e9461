import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Handover } from '../../../../modules/api/socket/handover.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('handover', () => {
  function begin(ackTimeoutMs: number | null = 5000) {
    const clock = new FakeClock();
    const verdicts: string[] = [];
    const limits = { overlapMs: 1000, overlapMsMax: 15_000, ackTimeoutMs };
    const onVerdict = (verdict: string): unknown => verdicts.push(verdict);
    return { clock, verdicts, handover: new Handover({ clock, limits, onVerdict }) };
  }

  for (const first of ['old', 'new'] as const) {
    it(`is proved by a message that comes over both, the ${first} connection first`, () => {
      const { verdicts, handover } = begin();
      handover.complete();
      for (const side of first === 'old' ? ['old', 'new'] : ['new', 'old']) {
        expect(verdicts).to.deep.equal([]);
        if (side === 'old') handover.fromOld(7);
        else handover.fromNew(7);
      }
      expect(verdicts).to.deep.equal(['switch']);
    });
  }

  it('is not proved by a message that came before everything was subscribed to', () => {
    const { verdicts, handover } = begin();
    handover.fromOld(1);
    handover.fromNew(1);
    handover.fromNew(2);
    handover.fromOld(2);
    handover.complete();
    expect(verdicts).to.deep.equal([]);
  });

  it('gives a venue that acknowledges nothing the time to subscribe', async () => {
    const { clock, verdicts, handover } = begin(null);
    handover.complete();
    handover.fromNew(1);
    handover.fromOld(1);
    await clock.advance(1000);
    expect(verdicts).to.deep.equal([]);
    handover.fromNew(2);
    handover.fromOld(2);
    expect(verdicts).to.deep.equal(['switch']);
  });

  it('trusts a goodbye only of a connection that was asked for it, and had delivered all there was', async () => {
    const asked = begin();
    asked.handover.complete();
    asked.handover.fromNew(null);
    expect(asked.handover.isCovered(true), 'unasked').to.equal(false);
    await asked.clock.advance(1000);
    expect(asked.verdicts).to.deep.equal(['drain']);
    expect(asked.handover.isCovered(true)).to.equal(true);
    expect(asked.handover.isCovered(false), 'no goodbye').to.equal(false);

    const lagging = begin();
    lagging.handover.fromNew(1);
    lagging.handover.complete();
    await lagging.clock.advance(15_000);
    expect(lagging.verdicts).to.deep.equal(['drain']);
    expect(lagging.handover.isCovered(true), 'lagging').to.equal(false);
  });

  it('takes a proof while it waits for the goodbye', async () => {
    const { clock, verdicts, handover } = begin();
    handover.complete();
    handover.fromNew(1);
    await clock.advance(15_000);
    handover.fromOld(1);
    expect(verdicts).to.deep.equal(['drain', 'switch']);
  });

  it('knows each message of the old connection once', () => {
    const { handover } = begin();
    handover.fromOld('a');
    expect([null, 'a', 'a', 'b'].map((key) => handover.isDuplicate(key))).to.deep.equal([
      false,
      true,
      false,
      false,
    ]);
  });

  it('says nothing after its end', async () => {
    const { clock, verdicts, handover } = begin();
    handover.complete();
    handover.fromNew(null);
    handover.end();
    await clock.advance(20_000);
    handover.fromOld(null);
    expect(verdicts).to.deep.equal([]);
  });
});
