import { fileURLToPath } from 'node:url';
import { append, createResumable } from '../../support/ietf-client.js';
import { create, encodeMetadata, patch, TUS } from '../../support/tus-client.js';
import type { CreatedUpload } from '../../support/tus-client.js';
import { eventually } from '../../support/eventually.js';
import type { PlatformName } from '../../support/platforms.js';
import { unlessKilled } from '../harness/actors/unless-killed.js';
import { ServerProcess } from '../../support/server-process.js';
import type { CallLog } from './call-log.js';
import { callLogIn } from './crash-app.js';
import type { CrashPoint } from './crash-point.js';
import { DEATH } from './deadly-points.js';

const SERVER = fileURLToPath(new URL('./dying-server.js', import.meta.url));

/** What every upload consists of. */
export const CONTENT = '8 bytes.';

/** Milliseconds that an upload gets to come to its point, and the server to be gone. */
const PATIENCE = 10_000;

export type DeadUpload = Pick<CreatedUpload, 'id' | 'path'>;

/**
 * Sends an upload for each point to a server that dies when all of them are there.
 *
 * @returns the uploads
 * @throws Error when the server does not die, or logged an error
 */
export async function letDie(
  platform: PlatformName,
  folder: string,
  points: readonly CrashPoint[],
): Promise<ReadonlyMap<CrashPoint, DeadUpload>> {
  const parameters = [platform, folder, String(points.length)];
  const server = await ServerProcess.startScript(SERVER, parameters);
  try {
    const uploads = await sendAll(server, callLogIn(folder), points);
    await eventually(() => assertDead(server), PATIENCE);
    return uploads;
  } finally {
    await server.kill();
  }
}

/** One after the other: only of one that is there it is known which of them it is. */
async function sendAll(
  server: ServerProcess,
  log: CallLog,
  points: readonly CrashPoint[],
): Promise<Map<CrashPoint, DeadUpload>> {
  const uploads = new Map<CrashPoint, DeadUpload>();
  for (const point of points) {
    const send = wayOf(point);
    // Its answer never comes.
    const sending = unlessKilled(() => send(server, point));
    const arrival = eventually(() => arrivalOf(log, uploads.size), PATIENCE);
    const id = await Promise.race([arrival, sending.then(() => arrival)]);
    uploads.set(point, { id, path: `${point.to ?? '/files'}/${id}` });
  }
  return uploads;
}

/** How an upload is sent. */
function wayOf({ by, inParts }: CrashPoint): typeof sendWhole {
  if (by === 'ietf') return sendAsIetf;
  return inParts ? sendInParts : sendWhole;
}

async function sendAsIetf(server: ServerProcess, point: CrashPoint): Promise<void> {
  const { at, to: path, with: further } = point;
  const headers = { 'Upload-Metadata': encodeMetadata({ dies: at, ...further }) };
  const upload = await createResumable(server, { path, headers });
  await append(server, upload, { body: CONTENT });
}

async function sendWhole(server: ServerProcess, point: CrashPoint): Promise<void> {
  const { at, to: path, with: further } = point;
  const metadata = { dies: at, ...further };
  const upload = await create(server, { path, length: CONTENT.length, metadata });
  await patch(server, upload, { body: CONTENT });
}

async function sendInParts(server: ServerProcess, point: CrashPoint): Promise<void> {
  const headers = { 'Upload-Concat': 'partial' };
  const halves = [CONTENT.slice(0, 4), CONTENT.slice(4)];
  const parts: CreatedUpload[] = [];
  for (const body of halves) parts.push(await create(server, { length: 4, body, headers }));
  await server.request({
    method: 'POST',
    path: '/files',
    headers: {
      ...TUS,
      'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}`,
      'Upload-Metadata': encodeMetadata({ dies: point.at, ...point.with }),
    },
  });
}

/** Which upload arrived after so many others. */
async function arrivalOf(log: CallLog, others: number): Promise<string> {
  const id = (await log.uploadsWith(DEATH))[others];
  if (id === undefined) throw new Error('The upload has not come to its point.');
  return id;
}

function assertDead(server: ServerProcess): void {
  if (server.alive) throw new Error('The server lives.');
  if (server.errorOutput !== '') throw new Error(server.errorOutput);
}
