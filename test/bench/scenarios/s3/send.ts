import { Connection } from '../../load/connection.js';
import {
  append,
  assertAnswer,
  createdPath,
  creation,
  sendPieces,
} from '../../load/tus-requests.js';
import type { BenchServer } from '../../servers/bench-server.js';

export const MIB = 1024 * 1024;

const PIECE = Buffer.alloc(MIB, 'nestjs-tus');

/** Uploads so many MiB in PATCHes of so many. */
export async function send({ port }: BenchServer, size: number, each = size): Promise<void> {
  const connection = await Connection.open(port);
  const path = createdPath(await connection.request(creation(size * MIB)));
  for (let sent = 0; sent < size; sent += each) {
    const head = append(path, sent * MIB, each * MIB);
    assertAnswer(await sendPieces(connection, head, PIECE, each), 204, (sent + each) * MIB);
  }
  connection.close();
}
