// `@tus/server` with its file store on plain Node, as its documentation shows it.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server, Upload } from '@tus/server';
import { takeCommands } from './commands.js';
import { repeat } from './repeat.js';
import { settings, type CleanupResult, type Filling, type FolderSettings } from './settings.js';

const DAY = 24 * 60 * 60 * 1000;
const BODY = Buffer.alloc(4096, 'x');

const { folder: directory, expireAfter } = settings<FolderSettings>();
const datastore = new FileStore({ directory, expirationPeriodInMilliseconds: expireAfter });
const tus = new Server({ path: '/files', datastore });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => {
  takeCommands((server.address() as AddressInfo).port, { fill, cleanup });
});

async function fill({ unexpired, expired }: Filling): Promise<void> {
  await repeat(unexpired, async () => void (await begin(Date.now())));
  await repeat(expired, async () => {
    const id = await begin(Date.now() - 2 * DAY);
    await writeFile(join(directory, id), BODY);
  });
}

async function begin(createdAt: number): Promise<string> {
  const id = randomBytes(16).toString('hex');
  const creation_date = new Date(createdAt).toISOString();
  await datastore.create(new Upload({ id, size: 8192, offset: 0, creation_date }));
  return id;
}

async function cleanup(): Promise<CleanupResult> {
  const start = performance.now();
  const removed = await tus.cleanUpExpiredUploads();
  return { milliseconds: performance.now() - start, removed };
}
