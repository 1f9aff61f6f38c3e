import { createHash } from 'node:crypto';
import { request, type HeaderValues, type HttpTarget } from '../../support/http-client.js';
import { SeededContent, type SeededRandom } from '../../support/seeded.js';
import { create, head, patch, post, terminate } from '../../support/tus-client.js';
import { expectStatus, type Errand } from './errand.js';

const KB = 1024;
const MB = KB * KB;

function contentOf(random: SeededRandom, least: number, most: number): SeededContent {
  return new SeededContent(random.next(), random.integer(least, most));
}

function checksumOf(bytes: Buffer): string {
  return `sha1 ${createHash('sha1').update(bytes).digest('base64')}`;
}

/** Sends an upload in chunks, and asks between them where it stands. */
async function sendChunks(
  server: HttpTarget,
  random: SeededRandom,
  headersOf?: (body: Buffer) => HeaderValues,
): Promise<void> {
  const content = contentOf(random, MB, 4 * MB);
  const upload = await create(server, { length: content.length });
  for (let offset = 0; offset < content.length;) {
    const body = content.bytes(offset, Math.min(offset + MB, content.length));
    expectStatus(await patch(server, upload, { offset, body, headers: headersOf?.(body) }), 204);
    offset += body.length;
    expectStatus(await head(server, upload), 200);
  }
}

/** Uploads that come to a good end. */
export const WHOLE: readonly Errand[] = [
  {
    name: 'a small upload in the creating request',
    async run(server, random) {
      const body = contentOf(random, 1, 16 * KB).bytes();
      await create(server, { length: body.length, body, metadata: { filename: 'small.txt' } });
    },
  },
  {
    name: 'an upload whose handler fails once',
    async run(server, random) {
      const body = contentOf(random, 1, 16 * KB).bytes();
      await create(server, { length: body.length, body, metadata: { fails: '' } });
    },
  },
  {
    name: 'a large upload in chunks',
    run: (server, random) => sendChunks(server, random),
  },
  {
    name: 'a large upload in checksummed chunks',
    run: (server, random) =>
      sendChunks(server, random, (body) => ({ 'Upload-Checksum': checksumOf(body) })),
  },
  {
    name: 'an upload whose length comes late',
    async run(server, random) {
      const body = contentOf(random, 1, 64 * KB).bytes();
      const upload = await create(server);
      const headers = { 'Upload-Length': String(body.length) };
      expectStatus(await patch(server, upload, { body, headers }), 204);
    },
  },
  {
    name: 'an upload of three parts',
    async run(server, random) {
      const headers = { 'Upload-Concat': 'partial' };
      const bodies = Array.from({ length: 3 }, () => contentOf(random, 1, MB).bytes());
      const parts = await Promise.all(
        bodies.map((body) => create(server, { length: body.length, body, headers })),
      );
      const concat = `final;${parts.map(({ path }) => path).join(' ')}`;
      const final = { 'Upload-Concat': concat, 'Upload-Defer-Length': undefined };
      expectStatus(await post(server, { headers: final }), 201);
    },
  },
  {
    name: 'an upload to an endpoint',
    async run(server, random) {
      const body = contentOf(random, 1, 64 * KB).bytes();
      const upload = await create(server, { length: body.length, path: '/calls' });
      expectStatus(await patch(server, upload, { body }), 200, 201);
      expectStatus(await head(server, upload), 200);
    },
  },
  {
    name: 'an upload that is downloaded, and terminated',
    async run(server, random) {
      const content = contentOf(random, 64 * KB, MB);
      const body = content.bytes();
      const upload = await create(server, { length: body.length, body, metadata: { keep: '' } });
      const { path } = upload;
      const whole = await request(server, { path });
      expectStatus(whole, 200);
      if (!whole.body.equals(body)) throw new Error('another file was downloaded');
      expectStatus(await request(server, { path, headers: { Range: 'bytes=100-199' } }), 206);
      // A handler may have it yet.
      expectStatus(await terminate(server, upload), 204, 423);
    },
  },
];
