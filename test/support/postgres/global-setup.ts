import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from './postgres-server.js';
import { FAILED, STARTED, TEST_DATABASE } from './test-database.js';

/** The server that the specs share, and where it says that it is there. */
export const shared: { server?: Promise<PostgresServer | undefined>; folder?: string } = {};

/** Begins to start a server, and does not wait for it: most specs need none. */
export default async function setup(): Promise<void> {
  if (process.env.DATABASE_URL) return;
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-tus-database-'));
  process.env[TEST_DATABASE] = folder;
  shared.folder = folder;
  shared.server = start(folder);
}

async function start(folder: string): Promise<PostgresServer | undefined> {
  try {
    const server = await PostgresServer.start();
    await tell(folder, STARTED, server.url);
    return server;
  } catch (error) {
    await tell(folder, FAILED, (error as Error).message);
    return undefined;
  }
}

/** Under its name once it is whole. */
async function tell(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, 'new'), text);
  await rename(join(folder, 'new'), join(folder, name));
}
