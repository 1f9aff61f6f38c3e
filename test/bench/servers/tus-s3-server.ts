// `@tus/server` with its S3 store on plain Node, as its documentation shows it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Store } from '@tus/s3-store';
import { Server } from '@tus/server';
import { takeCommands } from './commands.js';
import { settings, type BucketSettings } from './settings.js';

const { client, bucket } = settings<BucketSettings>();
const datastore = new S3Store({
  partSize: 8 * 1024 * 1024,
  s3ClientConfig: { ...client, bucket },
});
const tus = new Server({ path: '/files', datastore });
const server = createServer((request, response) => void tus.handle(request, response));
server.listen(0, '127.0.0.1', () => takeCommands((server.address() as AddressInfo).port));
