import { mkdtemp, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a folder on another device than a path is on, where the system has one to write to. */
export async function otherDevice(path: string): Promise<string | undefined> {
  const { dev } = await stat(path);
  for (const place of ['/dev/shm', process.cwd()]) {
    const found = await stat(place).catch(() => undefined);
    if (found && found.dev !== dev) return mkdtemp(join(place, '.nestjs-tus-'));
  }
  return undefined;
}
