import type { StoredHash } from '../upload-record.interface.js';
import { fromDatabaseText, toDatabaseText, type PgRow } from '../../postgres/index.js';

/** A value as the driver sends and receives it. */
type DatabaseValue = string | number | boolean;

/** How values of one kind get into a column and out again. */
interface Codec {
  /** The value of a parameter, in SQL. */
  readonly parameter: (place: string) => string;
  /** What is selected of a column, in SQL, to become JSON. */
  readonly selected: (column: string) => string;
  /** The type of a parameter that is an array of such values. */
  readonly array: string;
  readonly encode: (value: never) => DatabaseValue;
  readonly decode: (value: never) => unknown;
}

const itself = <T>(value: T) => value;

/**
 * The kinds of columns. Numbers and times are sent as double precision, which holds all whole numbers
 * that JavaScript does.
 */
const CODECS = {
  text: {
    parameter: (place) => `${place}::text`,
    selected: itself,
    array: 'text[]',
    encode: toDatabaseText,
    decode: fromDatabaseText,
  },
  number: {
    parameter: (place) => `${place}::float8::bigint`,
    selected: itself,
    array: 'float8[]',
    encode: (value: number) => value,
    decode: itself,
  },
  /** Milliseconds since the epoch. */
  time: {
    parameter: timeOf,
    selected: (column) => `round(extract(epoch from ${column}) * 1000)`,
    array: 'float8[]',
    encode: (value: number) => value,
    decode: itself,
  },
  flag: {
    parameter: (place) => `${place}::boolean`,
    selected: itself,
    array: 'boolean[]',
    encode: (value: boolean) => value,
    decode: itself,
  },
  /** `sha256:…`, in hexadecimal digits. */
  hash: {
    parameter: (place) => `${place}::text`,
    selected: itself,
    array: 'text[]',
    encode: ({ algorithm, hex }: StoredHash) => `${algorithm}:${hex}`,
    decode: (text: string): StoredHash => {
      const [algorithm, hex] = text.split(':') as [StoredHash['algorithm'], string];
      return { algorithm, hex };
    },
  },
  json: {
    parameter: (place) => `${place}::json`,
    selected: itself,
    array: 'text[]',
    encode: (value: unknown) => JSON.stringify(value),
    decode: itself,
  },
} satisfies Record<string, Codec>;

/** A time of milliseconds since the epoch, in SQL. */
export function timeOf(place: string): string {
  return `to_timestamp(${place}::float8 / 1000)`;
}

/** Which column a field is in, and of which kind. */
export type FieldColumn = readonly [column: string, kind: keyof typeof CODECS];

interface Column {
  readonly field: string;
  readonly name: string;
  readonly codec: Codec;
}

/** The columns that the fields of records are in. */
export class Columns<R extends object> {
  readonly names: readonly string[];
  /**
   * What is selected to read a record, in SQL: one text, for the driver takes twice the time for as many
   * columns, and the types in it are no app's to parse in another way.
   */
  readonly selected: string;
  private readonly columns: readonly Column[];

  constructor(fields: Readonly<Record<keyof Required<R> & string, FieldColumn>>) {
    this.columns = Object.entries<FieldColumn>(fields).map(([field, [name, kind]]) => ({
      field,
      name,
      codec: CODECS[kind],
    }));
    this.names = this.columns.map(({ name }) => name);
    const values = this.columns.map(({ name, codec }) => codec.selected(name));
    this.selected = `json_build_array(${values.join(', ')})::text AS record`;
  }

  /** The values of all columns, in SQL, from a parameter on. */
  parameters(first = 1): readonly string[] {
    return this.columns.map(({ codec }, index) => codec.parameter(`$${first + index}`));
  }

  /** Assigns the parameters of one record to all columns but that of the key, in SQL. */
  assignmentsBut(key: string): string {
    const places = this.parameters();
    const assignments = this.names.map((name, index) => `${name} = ${places[index]}`);
    return assignments.filter((_, index) => this.names[index] !== key).join(', ');
  }

  /** The parameters of one record. */
  valuesOf(record: R): unknown[] {
    return this.columns.map((column) => encode(record, column));
  }

  /** All columns of many records, in SQL: a parameter from the first on has one column of all. */
  rows(first = 1): string {
    const arrays = this.columns.map(({ codec }, index) => `$${first + index}::${codec.array}`);
    const values = this.columns.map(({ codec, name }) => codec.parameter(`given.${name}`));
    const given = `unnest(${arrays.join(', ')}) AS given(${this.names.join(', ')})`;
    return `SELECT ${values.join(', ')} FROM ${given}`;
  }

  /** The parameters of `rows()`. */
  arraysOf(records: readonly R[]): unknown[][] {
    return this.arraysOfRows(records.map((record) => this.valuesOf(record)));
  }

  /** The same of records whose `valuesOf()` are known. */
  arraysOfRows(rows: readonly (readonly unknown[])[]): unknown[][] {
    return this.columns.map((_, index) => rows.map((values) => values[index]));
  }

  /** The record in a row of what was `selected`. */
  recordOf(row: PgRow): R {
    const values = JSON.parse(row.record as string) as unknown[];
    const record: Record<string, unknown> = {};
    for (const [index, { field, codec }] of this.columns.entries()) {
      const value = values[index];
      if (value !== null) record[field] = codec.decode(value as never);
    }
    return record as R;
  }
}

function encode(record: object, { field, codec }: Column): unknown {
  const value = (record as Readonly<Record<string, unknown>>)[field];
  return value === undefined || value === null ? null : codec.encode(value as never);
}
