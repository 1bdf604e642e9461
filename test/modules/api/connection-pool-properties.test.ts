import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ConnectionPool, type Lease } from '../../../modules/api/connection-pool.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const seed = 20261122;

interface Connection {
  readonly id: number;
  isOpen: boolean;
  isUsable: boolean;
}

describe('a connection pool under any order of events', () => {
  it(`never lends one twice, nor more than it may, whatever happens (row 88, seed ${seed})`, async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('acquire' as const),
          patienceMs: fc.integer({ min: 0, max: 100 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constantFrom(
            'release' as const,
            'destroy' as const,
            'twice' as const,
            'spoil' as const,
          ),
          at: fc.nat(20),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('pass' as const),
          ms: fc.integer({ min: 0, max: 60 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), at: fc.nat(20) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, max) => {
          const clock = new FakeClock();
          const lent = new Set<Connection>();
          const alive = new Set<Connection>();
          let opening = 0;
          let ids = 0;
          const later = () => new Promise<void>((resolve) => clock.after(ids % 3, resolve));
          const pool = new ConnectionPool<Connection>({
            name: 'x',
            min: 1,
            max,
            waitMs: 80,
            idleMs: 50,
            clock,
            open: async () => {
              opening += 1;
              ids += 1;
              const connection = { id: ids, isOpen: true, isUsable: true };
              await later();
              opening -= 1;
              alive.add(connection);
              if (connection.id % 7 === 0) throw new Error('refused');
              return connection;
            },
            close: (connection) => {
              expect(connection.isOpen, 'closed twice').to.equal(true);
              expect(lent.has(connection), 'closed while lent').to.equal(false);
              connection.isOpen = false;
            },
            isUsable: async (connection) => {
              await later();
              return connection.isUsable;
            },
            onError: (error) => {
              throw error;
            },
          });
          const leases: Lease<Connection>[] = [];
          const cancels: AbortController[] = [];
          const tries: Promise<void>[] = [];
          const take = async (patienceMs: number) => {
            const cancel = new AbortController();
            cancels.push(cancel);
            const lease = await pool.acquire('somebody', {
              signal: cancel.signal,
              waitMs: patienceMs,
            });
            expect(lease.connection.isOpen, 'lent when closed').to.equal(true);
            expect(lent.has(lease.connection), 'lent twice').to.equal(false);
            lent.add(lease.connection);
            leases.push(lease);
          };
          const give = (lease: Lease<Connection> | undefined, how: 'release' | 'destroy') => {
            if (lease === undefined) return;
            lent.delete(lease.connection);
            lease[how]();
          };
          for (const one of steps) {
            if (one.do === 'acquire')
              tries.push(
                take(one.patienceMs).catch((error: unknown) => {
                  if ((error as Error).name === 'AssertionError') throw error;
                }),
              );
            else if (one.do === 'pass') await clock.advance(one.ms);
            else if (one.do === 'cancel') cancels[one.at]?.abort(new Error('cancelled'));
            else if (one.do === 'spoil') {
              for (const connection of alive)
                if (connection.id % 5 === one.at % 5) connection.isUsable = false;
            } else {
              const [lease] = leases.splice(one.at % Math.max(1, leases.length), 1);
              give(lease, one.do === 'destroy' ? 'destroy' : 'release');
              if (one.do === 'twice') lease?.release();
            }
            expect(lent.size).to.be.at.most(max);
            expect(pool.metrics.open, 'open').to.be.at.most(max + opening);
            expect(pool.metrics.in_use).to.be.at.most(max);
          }
          for (const lease of leases.splice(0)) give(lease, 'release');
          await clock.advance(200);
          await Promise.all(tries);
          for (const lease of leases.splice(0)) give(lease, 'release');
          const closed = pool.close();
          await clock.advance(20);
          await closed;
          expect(pool.metrics).to.include({ open: 0, in_use: 0, waiting: 0, idle: 0 });
          expect(
            [...alive].filter(({ isOpen, id }) => isOpen && id % 7 !== 0),
            'leaked',
          ).to.deep.equal([]);
        },
      ),
      { seed, numRuns: 150 },
    );
  });
});
