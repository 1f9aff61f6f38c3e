import { open, type RootDatabase } from 'lmdb';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';

/** What a bad disk may make of a row's value. */
export const DAMAGED_VALUES = {
  'its beginning only': '{"id":"',
  nothing: '',
  'other bytes': Buffer.from([0xff, 0xfe, 0x00, 0x81]),
  'a value that is no row': '42',
  'a row without what it must have': '{}',
  null: 'null',
};

type RawKey = string | string[];

/** The environment of a registry that is closed, as bytes. */
async function inFolder<T>(folder: string, work: (root: RootDatabase) => T): Promise<T> {
  const root = open({ path: folder, noSubdir: false, noSync: true, overlappingSync: false });
  try {
    return work(root);
  } finally {
    await root.close();
  }
}

/** Damages the row of a table; its registry must be closed. */
export async function damageRow(
  folder: string,
  table: string,
  key: RawKey,
  value: string | Buffer = '{"id":"',
): Promise<void> {
  await inFolder(folder, (root) =>
    root
      .openDB<Buffer, RawKey>({ name: table, encoding: 'binary' })
      .putSync(key, Buffer.from(value)),
  );
}

/** Puts a key that is none into an order; its registry must be closed. */
export async function damageOrder(folder: string, order: string, key: Buffer): Promise<void> {
  await inFolder(folder, (root) =>
    root
      .openDB<Buffer, Buffer>({ name: order, encoding: 'binary', keyEncoding: 'binary' })
      .putSync(key, Buffer.from('true')),
  );
}

/** Empties a table; its registry must be closed. */
export async function clearTable(folder: string, table: string): Promise<void> {
  await inFolder(folder, (root) => root.openDB({ name: table }).clearSync());
}

/** What is kept aside, by table; its registry must be closed. */
export async function asideOf(folder: string): Promise<{ table: string; value: string }[]> {
  return inFolder(folder, (root) => {
    const rows = root.openDB<{ table: string; value: string }, string>({
      name: 'unreadable',
      encoding: 'json',
    });
    return [...rows.getRange()].map(({ value }) => value);
  });
}

/** A registry that tells of rows it could not read. */
export function listeningRegistry(folder: string): { registry: LmdbRegistry; told: string[][] } {
  const told: string[][] = [];
  const observer = {
    blocked: () => undefined,
    faulted: () => undefined,
    repaired: () => undefined,
    damaged: (rows: readonly string[]) => void told.push([...rows]),
  };
  const registry = new LmdbRegistry({ folder, durable: false, observer });
  return { registry, told };
}
