// What a second process on the folder costs, and how long an upload takes to go from one process to
// another. Linux only. Compile the tests first; then:
// node dist-test/test/bench/processes.bench.js [--runs 3] [--take-overs 200]
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KillableServer } from '../faults/servers/killable-server.js';
import { settingsIn } from '../faults/servers/server-settings.js';
import { storedBytes } from '../support/app-storage.js';
import { eventually } from '../support/eventually.js';
import { RawConnection, rawHead } from '../support/raw-http.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { create, OCTETS } from '../support/tus-client.js';
import type { CreatedUpload } from '../support/tus-client.js';
import { useOf } from './process-use.js';
import { median, quantile } from './report/statistics.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    'take-overs': { type: 'string', default: '200' },
  },
});
const RUNS = Number(values.runs);
const TAKE_OVERS = Number(values['take-overs']);
const REQUESTS = 4000;
const CONNECTIONS = 8;
const LENGTH = 1024 * 1024 * 1024;

const PLATFORMS = ['express', 'fastify'] as const;
type Platform = (typeof PLATFORMS)[number];
type Method = 'HEAD' | 'PATCH';

const TUS = 'Tus-Resumable: 1.0.0';

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

async function withServers<T>(
  platform: Platform,
  count: number,
  measure: (servers: readonly KillableServer[], folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeTempFolder();
  const servers: KillableServer[] = [];
  try {
    for (let index = 0; index < count; index++) {
      servers.push(await KillableServer.start(settingsIn(folder, platform), { nodeOptions: [] }));
    }
    return await measure(servers, folder);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await removeTempFolder(folder);
  }
}

function patchHead(upload: CreatedUpload, offset: number, length: number): string {
  const lines = [TUS, `Content-Type: ${OCTETS}`, `Upload-Offset: ${offset}`];
  return rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length}`]);
}

/** Asks one thing after another on one connection, of an upload of its own. */
async function askMany(server: KillableServer, method: Method, times: number): Promise<void> {
  const upload = await create(server, { length: LENGTH });
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  await once(socket, 'connect');
  let done = 0;
  const ask = () =>
    socket.write(
      method === 'HEAD' ? rawHead('HEAD', upload.path, [TUS]) : `${patchHead(upload, done, 1)}x`,
    );
  socket.on('data', (data) => {
    if (!data.toString('latin1').startsWith('HTTP/1.1 20')) socket.destroy(new Error(String(data)));
    else if (++done === times) socket.end();
    else ask();
  });
  ask();
  await once(socket, 'close');
}

/** Microseconds of processor time that one request costs the server. */
function measureRequests(platform: Platform, method: Method, processes: number): Promise<number> {
  return withServers(platform, processes, async ([server]) => {
    if (!server) throw new Error('There is no server.');
    await askMany(server, method, 500);
    const before = await useOf(server.pid);
    const times = REQUESTS / CONNECTIONS;
    const asking = Array.from({ length: CONNECTIONS }, () => askMany(server, method, times));
    await Promise.all(asking);
    const after = await useOf(server.pid);
    return ((after.cpu - before.cpu) * 1e6) / REQUESTS;
  });
}

async function tableOfRequests(): Promise<void> {
  const rows: Record<string, object> = {};
  for (const platform of PLATFORMS) {
    for (const method of ['HEAD', 'PATCH'] as const) {
      const costs: number[][] = [[], []];
      for (let run = 0; run < RUNS; run++) {
        for (const [others, of] of costs.entries()) {
          of.push(await measureRequests(platform, method, 1 + others));
        }
      }
      const [alone, shared] = costs.map(median) as [number, number];
      rows[`${platform} ${method}`] = {
        'alone µs': rounded(alone, 0),
        'with another µs': rounded(shared, 0),
      };
    }
  }
  console.log(`\nProcessor time of a request, median of ${RUNS} runs of ${REQUESTS}`);
  console.table(rows);
}

/** Milliseconds that HEAD takes at one process while another one has a silent client. */
function measureTakeOvers(platform: Platform): Promise<number[]> {
  return withServers(platform, 2, async (servers, folder) => {
    const [first] = servers as [KillableServer];
    const upload = await create(first, { length: LENGTH });
    const app = { tmpFileDir: join(folder, 'uploads') };
    const times: number[] = [];
    for (let offset = 0; offset < TAKE_OVERS; offset++) {
      const [holder, taker] = offset % 2 === 0 ? servers : [...servers].reverse();
      const silent = await RawConnection.open(holder!);
      await silent.write(`${patchHead(upload, offset, 1000)}x`);
      await eventually(async () => {
        if ((await storedBytes(app, upload)).length <= offset) throw new Error('Not there yet.');
      });
      const newer = await RawConnection.open(taker!);
      const start = performance.now();
      await newer.write(rawHead('HEAD', upload.path, [TUS]));
      const { status } = await newer.response({ toHead: true });
      times.push(performance.now() - start);
      if (status !== 200) throw new Error(`HEAD was answered ${status}.`);
      silent.destroy();
      newer.destroy();
    }
    return times;
  });
}

async function tableOfTakeOvers(): Promise<void> {
  const rows: Record<string, object> = {};
  for (const platform of PLATFORMS) {
    const times = await measureTakeOvers(platform);
    rows[platform] = {
      'median ms': rounded(median(times), 2),
      'p95 ms': rounded(quantile(times, 0.95), 2),
      'longest ms': rounded(quantile(times, 1), 2),
    };
  }
  console.log(`\nHEAD that takes an upload over from another process, ${TAKE_OVERS} times`);
  console.table(rows);
}

await tableOfTakeOvers();
await tableOfRequests();
