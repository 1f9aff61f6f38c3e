import type { FileHandle } from 'node:fs/promises';

/** Flags of pages (`P_BRANCH`, `P_LEAF`). */
const BRANCH = 0x01;
const LEAF = 0x02;

/** Flags of nodes: a value that has pages of its own, and a table (`F_BIGDATA`, `F_SUBDATA`). */
const BIG_VALUE = 0x01;
const TABLE = 0x02;

/** Where a page has its flags and the end of its list of nodes, and where that list begins. */
const FLAGS_AT = 18;
const NODES_END_AT = 20;
const NODES_AT = 24;

/** Bytes of a node before its key. */
const NODE_HEAD = 8;

/** Where the description of a table has the number of its root page. */
const ROOT_AT = 40;

/** The root of a table without rows. */
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** A data file of LMDB in the format of 64-bit builds. */
export interface PagedFile {
  readonly handle: FileHandle;
  readonly pageSize: number;
  /** How many pages it holds. */
  readonly pages: bigint;
}

/**
 * Whether all pages that a tree leads to lie within a file. LMDB maps the file and would read them
 * without looking, which ends the process.
 *
 * @param root number of the tree's root page
 */
export async function isWithin(file: PagedFile, root: bigint): Promise<boolean> {
  const open = [root];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (page === NO_PAGE) continue;
    const found = page < file.pages ? pagesBelow(await readPage(file, page), file) : undefined;
    if (!found) return false;
    open.push(...found);
  }
  return true;
}

async function readPage({ handle, pageSize }: PagedFile, page: bigint): Promise<Buffer> {
  const position = Number(page) * pageSize;
  const { buffer } = await handle.read({ buffer: Buffer.alloc(pageSize), position });
  return buffer;
}

/** Pages that a page leads to; `undefined` where it is none of a tree, or leads out of the file. */
function pagesBelow(page: Buffer, file: PagedFile): bigint[] | undefined {
  const flags = page.readUInt16LE(FLAGS_AT);
  if ((flags & BRANCH) !== 0) return nodesOf(page).map((node) => childOf(page, node));
  if ((flags & LEAF) === 0) return undefined;
  const below: bigint[] = [];
  for (const node of nodesOf(page)) {
    const nodeFlags = page.readUInt16LE(node + 4);
    const value = node + NODE_HEAD + page.readUInt16LE(node + 6);
    if ((nodeFlags & BIG_VALUE) !== 0 && endOfBigValue(page, value) > file.pages) return undefined;
    if ((nodeFlags & TABLE) !== 0) below.push(page.readBigUInt64LE(value + ROOT_AT));
  }
  return below;
}

function nodesOf(page: Buffer): number[] {
  const nodes: number[] = [];
  const end = page.readUInt16LE(NODES_END_AT);
  for (let at = NODES_AT; at < end; at += 2) nodes.push(page.readUInt16LE(at));
  return nodes;
}

/** A branch has a page number of 48 bits where a leaf has sizes and flags. */
function childOf(page: Buffer, node: number): bigint {
  return BigInt(page.readUIntLE(node, 6));
}

/** The page behind the last one of a value that has pages of its own. */
function endOfBigValue(page: Buffer, value: number): bigint {
  return page.readBigUInt64LE(value) + page.readBigUInt64LE(value + 16);
}
