import { NoSpaceError, RegistryUnavailableError, UnfitDatabaseError } from '../../errors/index.js';
import { type Database, isDatabaseError, reasonOf } from '../../postgres/index.js';

/** The oldest release that has all that is used, as `server_version_num` tells it. */
const OLDEST_RELEASE = 120_000;

const REMEDIES: readonly (readonly [codes: RegExp, remedy: string])[] = [
  [/^28/, 'Correct the user and the password, or what pg_hba.conf says of them.'],
  [/^3D000$/, 'Create the database, or correct its name.'],
  [
    /^42501$/,
    'Grant the user USAGE and CREATE on the schema, or CREATE on the database so that it can make ' +
      'the schema; or let another one run postgresMigrations() and set "migrate" to false.',
  ],
  [/^53300$/, 'Raise max_connections of the database, or lower "max" of the pools that use it.'],
  [/^25006$/, 'Connect to the primary: a standby takes no writes.'],
  [
    /^(?:26000|42P05)$/,
    'A pooler gives what one connection has prepared to others: take PgBouncer 1.21 or later, with ' +
      'max_prepared_statements set, or one that pools sessions.',
  ],
];

const UNREACHABLE = 'Start it, or correct how to connect.';

const PASSING = 'Start the app again once the database can be used.';

/** What a server tells of itself. */
interface Server {
  readonly release: number;
  readonly version: string;
  readonly encoding: string;
  readonly isReadOnly: boolean;
}

/**
 * Makes sure that the database can hold what is known of uploads.
 *
 * @throws UnfitDatabaseError
 */
export async function checkServer(database: Database): Promise<void> {
  const { rows } = await database.query({
    text:
      `SELECT current_setting('server_version_num')::float8 AS release, ` +
      `current_setting('server_version') AS version, ` +
      `current_setting('server_encoding') AS encoding, ` +
      `current_setting('transaction_read_only') = 'on' AS "isReadOnly"`,
  });
  const [{ release, version, encoding, isReadOnly }] = rows as unknown as readonly [Server];
  if (release < OLDEST_RELEASE) {
    throw new UnfitDatabaseError(`It is PostgreSQL ${version}; 12 or later is needed.`);
  }
  if (encoding !== 'UTF8') {
    throw new UnfitDatabaseError(`It keeps texts as ${encoding}; create it with ENCODING 'UTF8'.`);
  }
  if (isReadOnly) {
    throw new UnfitDatabaseError(
      'It takes no writes. Connect to the primary, and not to a standby.',
    );
  }
}

/**
 * Makes sure that a statement which one connection has prepared is its own: statements are prepared by
 * names, the same in all processes.
 *
 * @param name of one that none but this has
 * @throws the error of the database
 */
export async function checkStatements(database: Database, name: string): Promise<void> {
  const probe = { name, text: 'SELECT 1' };
  await database.pair(async (one, other) => {
    await one.query(probe);
    await other.query(probe);
    await one.query(probe);
  });
}

/**
 * Says why a registry cannot be opened, in the words of this module.
 *
 * @param place which database it is
 * @returns an `UnfitDatabaseError` with a remedy, or the error itself where it is no fault of it
 */
export function explainOpening(error: unknown, place: string): unknown {
  const subject = `The upload registry cannot use ${place}: `;
  if (error instanceof UnfitDatabaseError) {
    return new UnfitDatabaseError(subject + error.message, { cause: error });
  }
  const isExplained = error instanceof RegistryUnavailableError || error instanceof NoSpaceError;
  const cause = isExplained ? error.cause : error;
  const remedy = remedyFor(cause) ?? (isExplained ? PASSING : undefined);
  if (remedy === undefined) return error;
  return new UnfitDatabaseError(`${subject}${reasonOf(cause)}. ${remedy}`, { cause });
}

function remedyFor(cause: unknown): string | undefined {
  if (!isDatabaseError(cause)) return UNREACHABLE;
  return REMEDIES.find(([codes]) => codes.test(cause.code))?.[1];
}
