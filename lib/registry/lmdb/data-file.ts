import { open, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../../errors/index.js';
import { isWithin } from './page-walk.js';

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
/** The root pages of what is free, and of all tables. */
const ROOTS_AFTER = [64, 112];
const LAST_PAGE_AFTER = 120;
const TRANSACTION_AFTER = 128;

/** Bytes of a meta page that are looked at. */
const META_BYTES = 160;

/** The largest page a data file may have. */
const LARGEST_PAGE = 64 * 1024;

/** What is wrong with a data file, in words that follow its name. */
export type Damage =
  'is damaged' | 'is damaged: its file was cut off' | 'was written by another version of LMDB';

/**
 * Looks at what LMDB reads without looking: the meta pages of a data file, and whether it holds all
 * that these lead to.
 *
 * @returns what is wrong with it; `undefined` where nothing is, or there is none
 */
export async function damageOfDataFile(path: string): Promise<Damage | undefined> {
  const handle = await openIfThere(path);
  if (!handle) return undefined;
  try {
    return await examine(handle);
  } finally {
    await handle.close();
  }
}

async function examine(handle: FileHandle): Promise<Damage | undefined> {
  const head = await readHead(handle);
  if (head.length === 0 || hasMagic(head, MAGIC_AT_32_BIT)) return undefined;
  const damage = damageOf(head);
  if (damage) return damage;

  const pageSize = head.readUInt32LE(MAGIC_AT_64_BIT + PAGE_SIZE_AFTER);
  if (!isPageSize(pageSize)) return 'is damaged';
  const second = head.subarray(pageSize);
  const secondDamage = damageOf(second);
  if (secondDamage) return secondDamage;

  const newest = transactionOf(head) > transactionOf(second) ? head : second;
  return isCutOff(handle, newest, pageSize).then((is) =>
    is ? 'is damaged: its file was cut off' : undefined,
  );
}

/** A file may well end before its last page, for LMDB does not write pages that it has freed again. */
async function isCutOff(handle: FileHandle, meta: Buffer, pageSize: number): Promise<boolean> {
  const { size } = await handle.stat();
  const pages = BigInt(Math.floor(size / pageSize));
  if (meta.readBigUInt64LE(MAGIC_AT_64_BIT + LAST_PAGE_AFTER) < pages) return false;
  for (const root of ROOTS_AFTER.map((at) => meta.readBigUInt64LE(MAGIC_AT_64_BIT + at))) {
    if (!(await isWithin({ handle, pageSize, pages }, root))) return true;
  }
  return false;
}

async function readHead(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(LARGEST_PAGE + META_BYTES);
  const { bytesRead } = await handle.read({ buffer, position: 0 });
  return buffer.subarray(0, bytesRead);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
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
