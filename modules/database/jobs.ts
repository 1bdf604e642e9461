/** `database.backup|restore|migrate|job`: what takes longer than a call may, one at a time. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Database, openDatabase } from '../api/database.ts';
import { log, type Module, RpcError } from '../api/module.ts';
import { backUp } from './backup/backup.ts';
import { migrateModules, type ModuleSchema } from './backup/migrate-modules.ts';
import { restore } from './backup/restore.ts';
import { Job, type JobFacts } from './job.ts';

type Linked = Pick<Module, 'emit' | 'onShutdown'>;
type Work = (database: Database, job: Job, signal: AbortSignal) => Promise<void>;

const topic = 'database.progress';
const keptMax = 20;

/** The module's methods by name. What runs is given up when the module shuts down. */
export function jobMethods(about: {
  readonly url: string;
  /** Asked for when there is something to publish: the methods are made before the link. */
  readonly link: () => Linked;
}): Record<string, (params: unknown) => unknown> {
  const jobs = new Jobs(about);
  return {
    'database.backup': (params) => {
      const file = fileOf(params);
      return jobs.begin('backup', file, (database, job, signal) =>
        backUp(database, file, job, signal),
      );
    },
    'database.restore': (params) => {
      const file = fileOf(params);
      return jobs.begin('restore', file, (database, job, signal) =>
        restore(database, file, job, signal),
      );
    },
    'database.migrate': (params) => {
      const { schemas } = params as { schemas: readonly ModuleSchema[] };
      return jobs.begin('migrate', null, (database, job, signal) =>
        migrateModules(database, schemas, job, signal),
      );
    },
    'database.job': (params) => ({ job: jobs.facts((params as { job_id?: unknown }).job_id) }),
  };
}

class Jobs {
  readonly #url: string;
  readonly #link: () => Linked;
  readonly #stop = new AbortController();
  /** The oldest first. */
  readonly #jobs = new Map<string, Job>();
  #running: Promise<void> | null = null;

  constructor({ url, link }: { readonly url: string; readonly link: () => Linked }) {
    this.#url = url;
    this.#link = link;
  }

  facts(id: unknown): JobFacts {
    const job = this.#jobs.get(String(id));
    if (job === undefined) throw new RpcError('notFound', `there is no job ${JSON.stringify(id)}`);
    return job.facts;
  }

  begin(kind: JobFacts['kind'], file: string | null, work: Work): { readonly job: JobFacts } {
    const other = [...this.#jobs.values()].find(({ facts }) => facts.state === 'running');
    if (other !== undefined) {
      const problem = `cannot begin a ${kind}: a ${other.facts.kind} is running (${other.facts.step})`;
      throw new RpcError('refused', problem, { job: other.facts });
    }
    const publish = (facts: JobFacts) => void this.#link().emit(topic, facts);
    const job = new Job({ job_id: randomUUID(), kind, file }, publish, Date.now);
    this.#jobs.set(job.facts.job_id, job);
    for (const id of [...this.#jobs.keys()].slice(0, -keptMax)) this.#jobs.delete(id);
    // The server goes after this module's callbacks of the later phase.
    if (this.#running === null) this.#link().onShutdown('pre', () => this.#end());
    this.#running = this.#run(job, work);
    return { job: job.facts };
  }

  async #run(job: Job, work: Work): Promise<void> {
    const { kind, file } = job.facts;
    log.info(`a ${kind} begins`, { file });
    let database: Database | null = null;
    try {
      database = openDatabase({
        url: this.#url,
        applicationName: `superbot ${kind}`,
        statementTimeoutMs: 0,
      });
      await work(database, job, this.#stop.signal);
      job.finish(null);
      log.info(`the ${kind} is done`, { file, rows: job.facts.rows, tables: job.facts.tables });
    } catch (error) {
      const { aborted, reason } = this.#stop.signal as { aborted: boolean; reason: unknown };
      const cause = aborted ? reason : error;
      const why = cause instanceof Error ? cause.message : String(cause);
      const problem = `cannot ${verbs[kind]}${file === null ? '' : ` ${file}`}: ${why}`;
      job.finish(problem);
      log.error(problem, { error });
    } finally {
      await database?.close(0);
    }
  }

  async #end(): Promise<void> {
    this.#stop.abort(new Error('the module was asked to end'));
    await this.#running;
  }
}

const verbs = { backup: 'back up into', restore: 'restore', migrate: 'migrate' };

function fileOf(params: unknown): string {
  const { file } = params as { file?: unknown };
  if (typeof file === 'string' && path.isAbsolute(file)) return file;
  throw new RpcError('invalidParams', 'invalid params: file must be an absolute path');
}
