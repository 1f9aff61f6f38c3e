/**
 * Runs the sample without containers: two processes with folders of their own, PostgreSQL, Ceph's S3
 * gateway where it is installed (else the folder of one is that of both), and a proxy that sends each
 * request to the other one than the one before. With --drive, a client uploads through it, and the exit
 * code says whether all was well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PostgresServer } from '../../../dist-test/test/support/postgres/postgres-server.js';
import { CephGateway, missingPrograms } from '../../../dist-test/test/support/s3/ceph-gateway.js';
import { drive } from './drive.mjs';
import { AlternatingProxy } from './proxy.mjs';

const APP = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PORT = Number(process.env.PORT ?? 3000);
const BUCKET = 'uploads';

const folder = await mkdtemp(join(tmpdir(), 'nestjs-tus-machines-'));
/** What is to be done at the end, the last first. */
const endings = [() => rm(folder, { recursive: true, force: true })];
/** What the apps have printed. */
const printed = [];

process.once('SIGINT', () => void end());
process.once('SIGTERM', () => void end());
try {
  const database = await databaseUrl();
  const bucket = await bucketSettings();
  const ports = [PORT + 1, PORT + 2];
  await Promise.all(ports.map((port, index) => startApp(port, index + 1, database, bucket)));
  const proxy = await AlternatingProxy.listen(PORT, ports);
  endings.push(() => proxy.close());
  console.log(`Uploads go to http://localhost:${PORT}/files`);
  if (process.argv.includes('--drive')) {
    await drive(`http://localhost:${PORT}/files`, printed);
    await end();
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
  await end();
}

/** `DATABASE_URL`, or that of a server which is started. */
async function databaseUrl() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const server = await PostgresServer.start();
  endings.push(() => server.remove());
  return server.url;
}

/** How apps reach the bucket; nothing where there is no store. */
async function bucketSettings() {
  if (process.env.S3_ENDPOINT) return { S3_BUCKET: process.env.S3_BUCKET ?? BUCKET };
  const missing = await missingPrograms();
  if (missing.length > 0) {
    console.log(`Bytes are kept in a folder of both: there is no ${missing.join(', ')}`);
    return {};
  }
  const gateway = await CephGateway.start();
  endings.push(() => gateway.stop());
  const { endpoint, region, accessKeyId, secretAccessKey } = gateway.access;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  return {
    S3_BUCKET: BUCKET,
    S3_ENDPOINT: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/** Resolves once it listens. */
async function startApp(port, number, database, bucket) {
  const own = join(folder, bucket.S3_BUCKET ? `machine-${number}` : 'shared');
  const settings = {
    PORT: String(port),
    MACHINE: `machine-${number}`,
    DATABASE_URL: database,
    TMP_FILE_DIR: own,
  };
  const child = spawn(process.execPath, [APP], {
    env: { ...process.env, ...bucket, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  endings.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const lines = createInterface(child.stdout);
  const listens = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      printed.push(line);
      console.log(line);
      if (line.includes('listens on')) resolve();
    });
    void ended.then(() => reject(new Error(`machine-${number} has ended`)));
  });
  await listens;
}

async function end() {
  for (const ending of endings.splice(0).reverse()) await ending();
}
