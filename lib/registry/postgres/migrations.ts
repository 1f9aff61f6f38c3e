/** One step of the tables' history. */
export interface PostgresMigration {
  /** Counted from 1 on; they are to be run in this order. */
  readonly version: number;
  /** What it is about, for people. */
  readonly name: string;
  /** Statements for one transaction, the row in `migrations` among them. */
  readonly sql: string;
}

/**
 * Names that need no quotes, but for words of SQL. PostgreSQL keeps 63 bytes of a name, and those of
 * statements begin with the schema's.
 */
const SCHEMA = /^[a-z_][a-z0-9_]{0,39}$/;

/** The schema that the tables are in, unless told. */
export const DEFAULT_SCHEMA = 'tus';

export const SCHEMA_RULE = '1 to 40 lower-case letters, digits and underscores, and no digit first';

export function isSchemaName(name: unknown): name is string {
  return typeof name === 'string' && SCHEMA.test(name) && !name.startsWith('pg_');
}

type Step = readonly [name: string, sql: (schema: string) => string];

/** What was released is never changed: a new step is put behind. */
const STEPS: readonly Step[] = [
  ['uploads, deliveries, leases', first],
  ['members', second],
  ['protocols', third],
  ['folders', fourth],
];

/** The version of the tables that this module works with. */
export const LATEST_VERSION = STEPS.length;

/**
 * The SQL that makes the tables, for those who run it themselves (`migrate: false`): each entry in a
 * transaction of its own, in this order, but for those that `<schema>.migrations` has already.
 *
 * @param schema as in the options; `tus` unless given
 * @throws RangeError for a name that cannot be a schema's here
 *
 * @publicApi
 */
export function postgresMigrations(schema = DEFAULT_SCHEMA): readonly PostgresMigration[] {
  if (!isSchemaName(schema)) throw new RangeError(`The name of a schema must be ${SCHEMA_RULE}.`);
  return STEPS.map(([name, sql], index) => {
    const version = index + 1;
    const done = `INSERT INTO "${schema}".migrations (version, name) VALUES (${version}, '${name}');`;
    return { version, name, sql: `${sql(schema)}\n${done}\n` };
  });
}

/**
 * All that orders or identifies has the collation "C", whose order no update of the system changes.
 *
 * An upload that this process has no lease of, or that it has created, has the epoch 0. Who takes an
 * upload over from a holder that did not answer puts the next epoch into `leases` and into `uploads` in
 * one statement. The row of the upload is what fences: an older holder's statement waits for it, or
 * finds the newer epoch there, and changes nothing.
 */
function first(name: string): string {
  const schema = `"${name}"`;
  return `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '${name}') THEN
    CREATE SCHEMA ${schema};
  END IF;
END $$;

CREATE TABLE ${schema}.migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ${schema}.uploads (
  id text COLLATE "C" PRIMARY KEY,
  state text COLLATE "C" NOT NULL
    CHECK (state IN ('receiving', 'finished', 'terminated', 'expired', 'quarantined')),
  owner text COLLATE "C",
  length bigint,
  max_size bigint,
  metadata text,
  created_at timestamptz NOT NULL,
  valid_for bigint,
  due_at timestamptz,
  ended_at timestamptz,
  epoch bigint NOT NULL DEFAULT 0,
  kind text CHECK (kind IN ('partial', 'final')),
  concat text,
  endpoint text,
  binding text,
  query text,
  unverified_from bigint,
  file_fault text,
  is_doubtful boolean,
  file_path text,
  stored json,
  moved_to text,
  moving_to text,
  file_removed_at timestamptz,
  remove_when_delivered boolean,
  hash text,
  answer json,
  added_headers json
);
COMMENT ON TABLE ${schema}.uploads IS 'What is known of uploads';
COMMENT ON COLUMN ${schema}.uploads.length IS 'Bytes; NULL while the client defers it';
COMMENT ON COLUMN ${schema}.uploads.metadata IS 'Upload-Metadata as sent: keys, and values in Base64';
COMMENT ON COLUMN ${schema}.uploads.valid_for IS 'Milliseconds that it may lie idle';
COMMENT ON COLUMN ${schema}.uploads.due_at IS 'When cleanup is to look at it';
COMMENT ON COLUMN ${schema}.uploads.ended_at IS 'When it was finished, terminated or expired';
COMMENT ON COLUMN ${schema}.uploads.epoch IS 'That of its latest lease; older holders change nothing';

CREATE UNIQUE INDEX uploads_id_of_any_case ON ${schema}.uploads (lower(id));
CREATE INDEX uploads_due ON ${schema}.uploads (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX uploads_state ON ${schema}.uploads (state, created_at, id);
CREATE INDEX uploads_owner ON ${schema}.uploads (owner, state, created_at, id);
CREATE INDEX uploads_ended ON ${schema}.uploads (owner, ended_at NULLS FIRST, id)
  WHERE state IN ('terminated', 'expired');

CREATE TABLE ${schema}.deliveries (
  upload_id text COLLATE "C" NOT NULL REFERENCES ${schema}.uploads (id) ON DELETE CASCADE,
  handler text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
  attempt bigint NOT NULL,
  forgiven bigint,
  lost bigint,
  due_at timestamptz NOT NULL,
  holder text COLLATE "C",
  started_at timestamptz,
  error text,
  PRIMARY KEY (upload_id, handler)
);
COMMENT ON TABLE ${schema}.deliveries IS 'Finished uploads on their way to handlers; gone once handled';

CREATE INDEX deliveries_waiting ON ${schema}.deliveries (handler, due_at, upload_id)
  WHERE state = 'waiting';
CREATE INDEX deliveries_running ON ${schema}.deliveries (holder, upload_id, handler)
  WHERE state = 'running';
CREATE INDEX deliveries_dead ON ${schema}.deliveries (upload_id, handler) WHERE state = 'dead';

CREATE TABLE ${schema}.leases (
  key text COLLATE "C" PRIMARY KEY,
  holder text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ${schema}.leases IS 'Who has what was taken over; an upload without a row is its creator''s';
CREATE INDEX leases_holder ON ${schema}.leases (holder);
`;
}

/**
 * What is known of members need not survive the database, whose end is that of all their connections. Who
 * has a lease must: it is to be taken from its holder then, and not found free.
 */
function second(name: string): string {
  const schema = `"${name}"`;
  return `
CREATE UNLOGGED TABLE ${schema}.members (
  member text COLLATE "C" PRIMARY KEY,
  instance text NOT NULL,
  host text NOT NULL,
  place text NOT NULL,
  pid integer NOT NULL,
  backend integer NOT NULL DEFAULT pg_backend_pid(),
  joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  suspected boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE ${schema}.members IS 'The processes that share the uploads';
COMMENT ON COLUMN ${schema}.members.suspected IS 'Whether the others go on without it';

ALTER TABLE ${schema}.leases ADD COLUMN former text COLLATE "C";
COMMENT ON TABLE ${schema}.leases IS 'Which member has which upload at the moment';
COMMENT ON COLUMN ${schema}.leases.former IS 'From whom it was taken, until that one can do it no harm';
`;
}

/** Uploads that were there before are those of tus, as are all that say nothing else. */
function third(name: string): string {
  const schema = `"${name}"`;
  return `
ALTER TABLE ${schema}.uploads
  ADD COLUMN protocol text COLLATE "C" CHECK (protocol IN ('tus', 'ietf')),
  ADD COLUMN terms json;
COMMENT ON COLUMN ${schema}.uploads.protocol IS 'By which it came; NULL for tus';
COMMENT ON COLUMN ${schema}.uploads.terms IS 'What its client has asked for beside its bytes';
`;
}

/** By these a folder and a registry are known that belong together. */
function fourth(name: string): string {
  const schema = `"${name}"`;
  return `
CREATE TABLE ${schema}.registry (id text NOT NULL);
INSERT INTO ${schema}.registry VALUES (md5(random()::text || clock_timestamp()::text));
COMMENT ON TABLE ${schema}.registry IS 'Tells this registry from all others; also in the folder of uploads';

ALTER TABLE ${schema}.members ADD COLUMN folder text;
COMMENT ON COLUMN ${schema}.members.folder IS 'Where its uploads lie, if that is a folder';
`;
}
