import { expect } from 'chai';
import { describe, it } from 'mocha';
import { loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';
import { configDirWith } from './config-folder.ts';

const here = 'postgresql://bot:hidden@db.example/bot';
const load = (env: Record<string, string>, infrastructure = '{}', dotEnv = '') =>
  loadConfig({
    configDir: configDirWith({
      'daemon.yaml': '{}',
      'infrastructure.yaml': `infrastructure: ${infrastructure}`,
      '.env': dotEnv,
    }),
    env,
  });
const urlOf = (...given: Parameters<typeof load>): string | null => {
  const result = load(...given);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  expect(result.document['infrastructure']).to.have.nested.property('database.url');
  return result.config.database.url;
};

describe('the database of the configuration', () => {
  it('is the one of the files, else of DATABASE_URL, else none', () => {
    const written = '{database: {url: "postgresql://other/db"}}';
    expect(urlOf({ DATABASE_URL: here }, written)).to.equal('postgresql://other/db');
    expect(urlOf({ DATABASE_URL: here })).to.equal(here);
    expect(urlOf({ DATABASE_URL: '' })).to.equal(null);
    expect(urlOf({})).to.equal(null);
  });

  it('is not taken out of .env but by reference', () => {
    const dotEnv = `DATABASE_URL=${here}\n`;
    expect(urlOf({}, '{}', dotEnv)).to.equal(null);
    expect(urlOf({}, '{database: {url: "${DATABASE_URL}"}}', dotEnv)).to.equal(here);
  });

  it('is never shown, wherever it comes from and however its password is written', () => {
    const written = '{database: {url: "postgresql://db/bot?user=x&password=hidden"}}';
    const other = { DATABASE_URL: 'postgresql://db/bot?sslkey=hidden' };
    for (const result of [load({ DATABASE_URL: here }), load(other), load({}, written)]) {
      expect(result).to.have.nested.property('masked.infrastructure.database.url', '***');
      expect(JSON.stringify(result.ok && result.masked)).to.not.include('hidden');
    }
  });

  it('is a problem, without its value, when DATABASE_URL is no URL of PostgreSQL', () => {
    const result = load({ DATABASE_URL: 'mysql://root:hidden@db' });
    expect(result.ok).to.equal(false);
    expect(!result.ok && result.problems.map(formatProblem)).to.deep.equal([
      'environment:1:1: DATABASE_URL: is no URL such as postgresql://user@host/name, expected one or none',
    ]);
  });
});
