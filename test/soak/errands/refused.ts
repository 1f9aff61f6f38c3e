import { request } from '../../support/http-client.js';
import { create, head, patch, post, terminate, TUS } from '../../support/tus-client.js';
import { expectStatus, type Errand } from './errand.js';

const BODY = 'x'.repeat(4096);

/** Requests that come to nothing. */
export const REFUSED: readonly Errand[] = [
  {
    name: 'a creation that a hook refuses',
    async run(server) {
      expectStatus(await post(server, { length: 5, metadata: { forbidden: '' } }), 403);
    },
  },
  {
    name: 'an upload that a hook refuses when it is whole',
    async run(server) {
      const length = BODY.length;
      const upload = await create(server, { length, metadata: { refused: '' } });
      expectStatus(await patch(server, upload, { body: BODY }), 422);
      expectStatus(await head(server, upload), 422);
    },
  },
  {
    name: 'bytes that are not what was announced',
    async run(server) {
      const upload = await create(server, { length: BODY.length });
      const headers = { 'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}` };
      expectStatus(await patch(server, upload, { body: BODY, headers }), 460);
      expectStatus(await terminate(server, upload), 204);
    },
  },
  {
    name: 'more bytes than there are',
    async run(server) {
      const upload = await create(server, { length: 5 });
      expectStatus(await patch(server, upload, { body: [BODY, BODY] }), 413);
      expectStatus(await terminate(server, upload), 204);
    },
  },
  {
    name: 'another offset',
    async run(server) {
      const upload = await create(server, { length: 5 });
      expectStatus(await patch(server, upload, { offset: 3, body: 'lo' }), 409);
      expectStatus(await terminate(server, upload), 204);
      expectStatus(await patch(server, upload, { body: 'hello' }), 410);
    },
  },
  {
    name: 'what is not there, or no tus',
    async run(server) {
      const unknown = { path: `/files/${'0'.repeat(32)}` };
      expectStatus(await head(server, unknown), 404);
      expectStatus(await patch(server, unknown, { body: BODY }), 404);
      expectStatus(await post(server, { headers: { 'Tus-Resumable': '0.2.0' } }), 412);
      expectStatus(await post(server, { headers: { 'Upload-Length': 'many' } }), 400);
      expectStatus(await request(server, { path: '/nowhere', headers: TUS }), 404);
      expectStatus(await request(server, { method: 'OPTIONS', path: '/files' }), 204);
    },
  },
];
