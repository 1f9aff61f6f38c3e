import { readFile } from 'node:fs/promises';

/** What a process has in memory after a garbage collection, in bytes. */
export interface Memory {
  /** All that is resident. */
  readonly rss: number;
  /** Of that, what is in no file: without LMDB's mapped one and programs. */
  readonly anonymous: number;
  readonly heap: number;
  readonly external: number;
}

const KB = 1024;

/** The memory of this process, which was started with --expose-gc; what is in no file is Linux's to tell. */
export async function readMemory(): Promise<Memory> {
  // What the first one finalizes, the second one frees.
  await globalThis.gc?.({ type: 'major', execution: 'async' });
  await globalThis.gc?.({ type: 'major', execution: 'async' });
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, anonymous = 0] = /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? [];
  return { rss, anonymous: Number(anonymous) * KB, heap, external };
}
