// What an upload, a creation and a take-over cost, beside a bare Node server. Linux only. Compile
// the tests first; then:
// node dist-test/test/bench/throughput.bench.js [--runs 3] [--mib 1024]
import { once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ServerProcess } from '../faults/server-process.js';
import { settingsIn } from '../faults/server-settings.js';
import { eventually } from '../support/eventually.js';
import { RawConnection, rawHead } from '../support/raw-http.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { create, OCTETS, storedBytes } from '../support/tus-client.js';
import { median, quantile, rounded, useOf } from './figures.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    mib: { type: 'string', default: '1024' },
    /** Folder for profiles of the servers' processors. */
    profile: { type: 'string' },
  },
});
const RUNS = Number(values.runs);
const MIB = 1024 * 1024;
const SIZE = Number(values.mib) * MIB;
const CONNECTIONS = 64;
const SECONDS = 4;
const TAKE_OVERS = 200;

const SERVERS = ['bare', 'express', 'fastify'] as const;
type ServerName = (typeof SERVERS)[number];

async function startServer(name: ServerName, folder: string): Promise<ServerProcess> {
  const nodeOptions =
    values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}/${name}`];
  if (name !== 'bare') return ServerProcess.start(settingsIn(folder, name), { nodeOptions });
  const script = fileURLToPath(new URL('./bare-server.js', import.meta.url));
  return ServerProcess.startScript(script, [join(folder, 'uploads')], { nodeOptions });
}

async function withServer<T>(
  name: ServerName,
  measure: (server: ServerProcess, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeTempFolder();
  await mkdir(join(folder, 'uploads'));
  const server = await startServer(name, folder);
  try {
    return await measure(server, folder);
  } finally {
    await server.stop();
    await removeTempFolder(folder);
  }
}

/** Sends one PATCH as fast as the server takes it. */
async function send(server: ServerProcess, path: string): Promise<number> {
  const piece = Buffer.alloc(MIB, 'x');
  const outgoing = request({
    host: server.host,
    port: server.port,
    method: 'PATCH',
    path,
    headers: {
      'Tus-Resumable': '1.0.0',
      'Content-Type': OCTETS,
      'Upload-Offset': '0',
      'Content-Length': String(SIZE),
    },
  });
  const response = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < SIZE; sent += MIB) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain');
  }
  outgoing.end();
  const [incoming] = await response;
  incoming.resume();
  return incoming.statusCode!;
}

interface Sending {
  readonly wall: number;
  readonly cpu: number;
  readonly peakMemory: number;
  readonly memoryGrowth: number;
}

function measureSending(name: ServerName): Promise<Sending> {
  return withServer(name, async (server, folder) => {
    const path = name === 'bare' ? '/' : (await create(server, { length: SIZE })).path;
    const before = await useOf(server.pid);
    const start = performance.now();
    const status = await send(server, path);
    const wall = (performance.now() - start) / 1000;
    const after = await useOf(server.pid);
    if (status !== 204) throw new Error(`The PATCH was answered ${status}.`);
    await removeFiles(join(folder, 'uploads'));
    return {
      wall,
      cpu: after.cpu - before.cpu,
      peakMemory: after.peakMemory,
      memoryGrowth: after.peakMemory - before.peakMemory,
    };
  });
}

/** At once, for several of them are more than a small machine keeps in its cache. */
async function removeFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  await Promise.all(files.map(({ name }) => rm(join(folder, name))));
}

async function tableOfSending(): Promise<void> {
  const results = new Map<ServerName, Sending[]>(SERVERS.map((name) => [name, []]));
  for (let run = 0; run < RUNS; run++) {
    for (const name of SERVERS) results.get(name)?.push(await measureSending(name));
  }
  const of = (name: ServerName, key: keyof Sending): number =>
    median((results.get(name) ?? []).map((result) => result[key]));
  console.log(`\nOne PATCH of ${SIZE / MIB} MiB, median of ${RUNS}`);
  console.table(
    Object.fromEntries(
      SERVERS.map((name) => [
        name,
        {
          'CPU s': rounded(of(name, 'cpu'), 2),
          'CPU to bare': rounded(of(name, 'cpu') / of('bare', 'cpu'), 2),
          'wall s': rounded(of(name, 'wall'), 2),
          'MiB/s': rounded(SIZE / MIB / of(name, 'wall'), 0),
          'peak MiB': rounded(of(name, 'peakMemory') / MIB, 0),
          'grown MiB': rounded(of(name, 'memoryGrowth') / MIB, 0),
        },
      ]),
    ),
  );
}

const CREATION = rawHead('POST', '/files', [
  'Tus-Resumable: 1.0.0',
  'Upload-Length: 5000000',
  'Upload-Metadata: filename aG9saWRheS5tcDQ=,filetype dmlkZW8vbXA0',
  'Content-Length: 0',
]);

/** Creates on one connection until the time is over; resolves to how often. */
async function createMany(server: ServerProcess, deadline: number): Promise<number> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  await once(socket, 'connect');
  let created = 0;
  socket.on('data', (data) => {
    if (!data.toString('latin1').startsWith('HTTP/1.1 201')) socket.destroy();
    else if (performance.now() > deadline) socket.end();
    else socket.write(CREATION);
    created++;
  });
  socket.write(CREATION);
  await once(socket, 'close');
  return created;
}

function measureCreating(name: ServerName): Promise<number> {
  return withServer(name, async (server) => {
    const deadline = performance.now() + SECONDS * 1000;
    const connections = Array.from({ length: CONNECTIONS }, () => createMany(server, deadline));
    const counts = await Promise.all(connections);
    return counts.reduce((sum, count) => sum + count, 0) / SECONDS;
  });
}

async function tableOfCreating(): Promise<void> {
  const rows: Record<string, object> = {};
  for (const name of SERVERS) {
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run++) rates.push(await measureCreating(name));
    rows[name] = { 'creations/s': rounded(median(rates), 0) };
  }
  console.log(`\nCreations on ${CONNECTIONS} connections, median of ${RUNS}`);
  console.table(rows);
}

/** Milliseconds that HEAD takes while another connection has the upload and is silent. */
function measureTakeOvers(name: 'express' | 'fastify'): Promise<number[]> {
  return withServer(name, async (server, folder) => {
    const upload = await create(server, { length: SIZE });
    const app = { tmpFileDir: join(folder, 'uploads') };
    const times: number[] = [];
    for (let offset = 0; offset < TAKE_OVERS; offset++) {
      const silent = await RawConnection.open(server);
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Content-Length: 1000'];
      await silent.write(
        `${rawHead('PATCH', upload.path, [...lines, `Upload-Offset: ${offset}`])}x`,
      );
      await eventually(async () => {
        if ((await storedBytes(app, upload)).length <= offset) throw new Error('Not there yet.');
      });
      const newer = await RawConnection.open(server);
      const start = performance.now();
      await newer.write(rawHead('HEAD', upload.path, ['Tus-Resumable: 1.0.0']));
      await newer.response({ toHead: true });
      times.push(performance.now() - start);
      silent.destroy();
      newer.destroy();
    }
    return times;
  });
}

async function tableOfTakeOvers(): Promise<void> {
  const rows: Record<string, object> = {};
  for (const name of ['express', 'fastify'] as const) {
    const times = await measureTakeOvers(name);
    rows[name] = {
      'median ms': rounded(median(times), 2),
      'p95 ms': rounded(quantile(times, 0.95), 2),
      'longest ms': rounded(quantile(times, 1), 2),
    };
  }
  console.log(`\nHEAD that takes an upload over from a silent PATCH, ${TAKE_OVERS} times`);
  console.table(rows);
}

await tableOfSending();
await tableOfCreating();
await tableOfTakeOvers();
