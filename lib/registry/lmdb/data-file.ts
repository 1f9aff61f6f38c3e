import { open, type FileHandle } from 'node:fs/promises';
import { codeOf } from './lmdb.errors.js';

/** LMDB's magic number as its files have it, and where, which depends on the build. */
const MAGIC = Buffer.from([0xde, 0xc0, 0xef, 0xbe]);
const MAGIC_AT_32_BIT = 16;
const MAGIC_AT_64_BIT = 24;

/** The format of data files that this LMDB reads and writes. */
const VERSION = 2;

/** Flag of a page that says what the file holds (`P_META`). */
const META_FLAG = 0x08;

/** Where a meta page has what is looked at; from its magic number on, in a 64-bit build. */
const FLAGS_AT = 18;
const VERSION_AFTER = 4;
const PAGE_SIZE_AFTER = 24;
const LAST_PAGE_AFTER = 120;
const TRANSACTION_AFTER = 128;

/** Bytes of a meta page that are looked at. */
const META_BYTES = 160;

/** The largest page a data file may have. */
const LARGEST_PAGE = 64 * 1024;

/** What is wrong with a data file, in words that follow its name. */
export type Damage = 'is damaged' | 'was written by another version of LMDB';

/** What a data file is, as far as its two meta pages tell. */
export interface DataFile {
  readonly damage?: Damage;
  /** Bytes up to its last page; absent when that cannot be told. */
  readonly length?: number;
}

/** Reads what LMDB maps into memory without looking, so that it is not read beyond its end. */
export async function examineDataFile(path: string): Promise<DataFile> {
  const head = await readHead(path);
  if (head.length === 0) return {};
  if (hasMagic(head, MAGIC_AT_32_BIT)) return {};
  const damage = damageOf(head);
  if (damage) return { damage };

  const pageSize = head.readUInt32LE(MAGIC_AT_64_BIT + PAGE_SIZE_AFTER);
  if (!isPageSize(pageSize)) return { damage: 'is damaged' };
  const second = head.subarray(pageSize);
  const secondDamage = damageOf(second);
  if (secondDamage) return { damage: secondDamage };

  const newest = transactionOf(head) > transactionOf(second) ? head : second;
  const lastPage = newest.readBigUInt64LE(MAGIC_AT_64_BIT + LAST_PAGE_AFTER);
  return { length: (Number(lastPage) + 1) * pageSize };
}

async function readHead(path: string): Promise<Buffer> {
  const handle = await openIfThere(path);
  if (!handle) return Buffer.alloc(0);
  try {
    const buffer = Buffer.alloc(LARGEST_PAGE + META_BYTES);
    const { bytesRead } = await handle.read({ buffer, position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

function damageOf(page: Buffer): Damage | undefined {
  const isMeta = page.length >= META_BYTES && (page.readUInt16LE(FLAGS_AT) & META_FLAG) !== 0;
  if (!isMeta || !hasMagic(page, MAGIC_AT_64_BIT)) return 'is damaged';
  const version = page.readUInt16LE(MAGIC_AT_64_BIT + VERSION_AFTER);
  return version === VERSION ? undefined : 'was written by another version of LMDB';
}

function hasMagic(page: Buffer, at: number): boolean {
  return page.subarray(at, at + MAGIC.length).equals(MAGIC);
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= LARGEST_PAGE && (bytes & (bytes - 1)) === 0;
}

function transactionOf(page: Buffer): bigint {
  return page.readBigUInt64LE(MAGIC_AT_64_BIT + TRANSACTION_AFTER);
}
