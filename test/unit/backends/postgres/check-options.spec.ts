import { TusOptionError } from '../../../../lib/errors/index.js';
import { postgres, type PostgresOptions } from '../../../../lib/backends/postgres/index.js';

const POOL = {
  connect: () => undefined,
  end: () => undefined,
  on: () => undefined,
  off: () => undefined,
};

function refusalOf(options: unknown): TusOptionError {
  try {
    postgres(options as PostgresOptions);
  } catch (error) {
    if (error instanceof TusOptionError) return error;
  }
  throw new Error('It was not refused.');
}

describe('The options of postgres()', () => {
  it.each<[string, unknown]>([
    ['a connection string', { connectionString: 'postgresql://a:b@c/d' }],
    ['parts', { host: 'c', port: 5432, user: 'a', password: () => 'b', ssl: true, max: 1 }],
    ['nothing, for PGHOST and the like', {}],
    ['a pool', { pool: POOL, schema: 'my_uploads2', migrate: false }],
    ['a direct connection', { pool: POOL, listen: 'postgres://a@c/d' }],
    ['a direct connection in parts', { listen: { host: 'c' } }],
  ])('may be %s', (_, options) => {
    expect(postgres(options as PostgresOptions)).toHaveProperty('create');
  });

  it.each<[string, unknown, RegExp]>([
    ['registry', undefined, /cannot be 'undefined'\. Give postgres\(\) an object/],
    ['registry', 'postgresql://a:secret@c/d', /Give postgres\(\) an object/],
    ['connectionString', { connectionString: 5 }, /cannot be 5\. Give it as postgresql:/],
    ['connectionString', { connectionString: 'mysql://a:secret@c' }, /Give it as postgresql:/],
    ['listen', { listen: 'a:secret@c' }, /Give it as postgresql:/],
    ['listen', { listen: true }, /cannot be true/],
    ['pool', { pool: {} }, /Give a Pool of the package "pg"/],
    ['host', { pool: POOL, host: 'c' }, /the pool says how to connect/],
    [
      'connectionString',
      { pool: POOL, connectionString: 'postgres://a:secret@c' },
      /leave out the pool/,
    ],
    ['schema', { schema: 'Tus' }, /lower-case letters/],
    ['schema', { schema: 'a"; DROP TABLE b; --' }, /lower-case letters/],
    ['schema', { schema: '' }, /lower-case letters/],
    ['schema', { schema: 'pg_tus' }, /do not begin with pg_/],
    ['schema', { schema: 'x'.repeat(41) }, /1 to 40/],
    ['migrate', { migrate: 'no' }, /cannot be 'no'\. Give true or false/],
    ['max', { max: 0 }, /positive whole number/],
    ['max', { max: '5' }, /positive whole number/],
  ])('are refused by the name of "%s" (%j)', (option, options, remedy) => {
    const { message } = refusalOf(options);
    expect(message).toMatch(remedy);
    expect(message).toContain(option);
    expect(message).not.toContain('secret');
  });
});
