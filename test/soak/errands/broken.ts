import { setTimeout as pause } from 'node:timers/promises';
import type { HttpTarget } from '../../support/http-client.js';
import { RawConnection, rawHead } from '../../support/raw-http.js';
import { SeededContent, type SeededRandom } from '../../support/seeded.js';
import {
  create,
  head,
  OCTETS,
  offsetOf,
  patch,
  terminate,
  type CreatedUpload,
} from '../../support/tus-client.js';
import { expectStatus, type Errand } from './errand.js';

const SIZE = 512 * 1024;

/** Begins an upload whose client leaves in the middle of it. */
async function breakOff(server: HttpTarget, random: SeededRandom): Promise<CreatedUpload> {
  const upload = await create(server, { length: SIZE });
  const connection = await begin(server, upload);
  await connection.write(new SeededContent(random.next(), SIZE).bytes(0, SIZE / 2));
  await pause(random.integer(0, 20));
  connection.destroy();
  return upload;
}

async function begin(server: HttpTarget, { path }: CreatedUpload): Promise<RawConnection> {
  const connection = await RawConnection.open(server);
  const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
  await connection.write(rawHead('PATCH', path, [...lines, `Content-Length: ${SIZE}`]));
  return connection;
}

/** Clients and connections that come to a bad end. */
export const BROKEN: readonly Errand[] = [
  {
    name: 'an upload that breaks off, and goes on',
    async run(server, random) {
      const upload = await breakOff(server, random);
      const offset = await offsetOf(server, upload);
      const body = Buffer.alloc(SIZE - offset);
      expectStatus(await patch(server, upload, { offset, body }), 204);
    },
  },
  {
    name: 'an upload that breaks off, and is terminated',
    async run(server, random) {
      expectStatus(await terminate(server, await breakOff(server, random)), 204);
    },
  },
  {
    name: 'an upload that breaks off, and expires',
    async run(server, random) {
      await breakOff(server, random);
    },
  },
  {
    name: 'an upload that a newer request takes over',
    async run(server) {
      const upload = await create(server, { length: SIZE });
      const older = await begin(server, upload);
      try {
        await older.write(Buffer.alloc(SIZE / 4));
        const offset = await offsetOf(server, upload);
        const body = Buffer.alloc(SIZE - offset);
        expectStatus(await patch(server, upload, { offset, body }), 204);
      } finally {
        older.destroy();
      }
    },
  },
  {
    name: 'a connection that ends within its head',
    async run(server) {
      const connection = await RawConnection.open(server);
      await connection.write('PATCH /files/x HTTP/1.1\r\nHost: x\r\nTus-Resu');
      connection.destroy();
    },
  },
  {
    name: 'a download that breaks off',
    async run(server, random) {
      const body = new SeededContent(random.next(), SIZE).bytes();
      const metadata = { keep: '' };
      const { path } = await create(server, { length: SIZE, body, metadata });
      const connection = await RawConnection.open(server);
      await connection.write(rawHead('GET', path));
      await pause(random.integer(0, 10));
      connection.destroy();
      expectStatus(await head(server, { path }), 200);
    },
  },
];
