import { Connection } from '../load/connection.js';
import { append, assertAnswer, createdPath, creation, sendPieces } from '../load/tus-requests.js';
import { observe } from './observe.js';
import { removeBytes, type Stage } from './over-http.js';
import type { Sample } from './scenario.interface.js';

const PIECE = Buffer.alloc(1024 * 1024, 'nestjs-tus');
const PIECES = 1024;

/** Uploads before the first one that counts, of 64 MiB each. */
const WARM_UPS = 8;
const WARM_UP_PIECES = 64;

/** Bytes of the large uploads: 1 GiB. */
export const GIGABYTE = PIECES * PIECE.length;

/** The bytes of a large upload, piece by piece. */
export function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < PIECES; sent++) yield PIECE;
}

/** Sends less than a large upload has, so that the server is warm. */
export async function warmUp({ server, folder }: Stage): Promise<void> {
  const connection = await Connection.open(server.port);
  for (let sent = 0; sent < WARM_UPS; sent++) {
    const size = WARM_UP_PIECES * PIECE.length;
    const path = createdPath(await connection.request(creation(size)));
    const answer = await sendPieces(connection, append(path, 0, size), PIECE, WARM_UP_PIECES);
    assertAnswer(answer, 204, size);
  }
  connection.close();
  await removeBytes(folder);
}

/** Seconds from the first byte of one PATCH of 1 GiB to its answer. */
export async function sendGigabyte(
  { server, folder }: Stage,
  further: readonly string[] = [],
): Promise<Sample> {
  const connection = await Connection.open(server.port);
  const path = createdPath(await connection.request(creation(GIGABYTE)));
  const { result, cpu, use } = await observe([server], async () => {
    const start = performance.now();
    const head = append(path, 0, GIGABYTE, further);
    assertAnswer(await sendPieces(connection, head, PIECE, PIECES), 204, GIGABYTE);
    return (performance.now() - start) / 1000;
  });
  connection.close();
  await removeBytes(folder);
  return { figure: result, cpu, ...use };
}
