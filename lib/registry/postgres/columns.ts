import type { StoredHash } from '../upload-record.interface.js';
import { fromDatabaseText, toDatabaseText } from '../../postgres/index.js';

/** A value as the driver sends and receives it. */
type DatabaseValue = string | number | boolean;

/** How values of one kind get into a column and out again. */
interface Codec {
  /** The value of a parameter, in SQL. */
  readonly parameter: (place: string) => string;
  /** What is selected of a column, in SQL. */
  readonly selected: (column: string) => string;
  /** The type of a parameter that is an array of such values. */
  readonly array: string;
  readonly encode: (value: never) => DatabaseValue;
  readonly decode: (value: never) => unknown;
}

const itself = <T>(value: T) => value;

/**
 * The kinds of columns. Numbers and times travel as double precision, which holds all whole numbers
 * that JavaScript does, and which no app's type parser changes.
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
    selected: (column) => `${column}::float8`,
    array: 'float8[]',
    encode: (value: number) => value,
    decode: itself,
  },
  /** Milliseconds since the epoch. */
  time: {
    parameter: timeOf,
    selected: (column) => `round(extract(epoch from ${column}) * 1000)::float8`,
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
    selected: (column) => `${column}::text`,
    array: 'text[]',
    encode: (value: unknown) => JSON.stringify(value),
    decode: (text: string): unknown => JSON.parse(text),
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
   * What is selected to read a record, in SQL: by the names of fields, so that to order by a column means
   * the column itself, which an index has.
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
    this.selected = this.columns
      .map(({ field, name, codec }) => `${codec.selected(name)} AS "${field}"`)
      .join(', ');
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
    return this.columns.map((column) => records.map((record) => encode(record, column)));
  }

  recordOf(row: Readonly<Record<string, unknown>>): R {
    const record: Record<string, unknown> = {};
    for (const { field, codec } of this.columns) {
      const value = row[field];
      if (value !== null) record[field] = codec.decode(value as never);
    }
    return record as R;
  }
}

function encode(record: object, { field, codec }: Column): unknown {
  const value = (record as Readonly<Record<string, unknown>>)[field];
  return value === undefined || value === null ? null : codec.encode(value as never);
}
