// A floor: hashes bytes, and writes bytes, one after the other and without a network.
import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeCommands } from './commands.js';
import { settings, type FolderSettings } from './settings.js';

const BLOCK = Buffer.alloc(1024 * 1024, 'nestjs-tus');

const { folder } = settings<FolderSettings>();

/** @returns milliseconds */
async function hashAndWrite(size: number): Promise<number> {
  const path = join(folder, 'alone');
  const start = performance.now();
  const hash = createHash('sha1');
  for (let done = 0; done < size; done += BLOCK.length) hash.update(BLOCK);
  hash.digest();
  const file = await open(path, 'w');
  for (let done = 0; done < size; done += BLOCK.length) await file.write(BLOCK);
  await file.close();
  const milliseconds = performance.now() - start;
  await rm(path);
  return milliseconds;
}

takeCommands(0, { hashAndWrite });
