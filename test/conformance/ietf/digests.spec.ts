import { createHash } from 'node:crypto';
import {
  LAST_CHUNK,
  PLATFORMS,
  append,
  appendHeaders,
  chunk,
  createResumable,
  eventually,
  expectProblem,
  heldNames,
  linesOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import { WITH_ENDPOINT, endpointOf } from '../../e2e/endpoint-controller.js';

/** RFC 9530 §2: an algorithm, and the digest as a byte sequence. */
function digestOf(text: string, algorithm = 'sha-256'): string {
  const hash = createHash(algorithm.replace('-', '')).update(text);
  return `${algorithm}=:${hash.digest('base64')}:`;
}

const WRONG = digestOf('something else');
const MALFORMED = [
  'sha-256',
  'sha-256=1',
  'sha-256="uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="',
  'sha-256=:!!!:',
  'sha-256=:uU0nuZNN:',
  'sha-256=:',
  '=',
  'sha-256=:AAAA:, ,',
];

describe.each(PLATFORMS)('digests of the IETF’s uploads on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] }, ...WITH_ENDPOINT });

  it.each(['sha-256', 'sha-512'])('R66: the right Content-Digest (%s) counts', async (name) => {
    const first = { 'Content-Digest': digestOf('hello', name) };
    const upload = await createResumable(app(), { body: 'hello', headers: first });

    const headers = { 'Content-Digest': digestOf('world', name) };
    const response = await append(app(), upload, { offset: 5, body: 'world', headers });

    expect(response.headers['upload-complete']).toBe('?1');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it.each([
    ['announced', 'world'],
    ['chunked', ['wor', 'ld']],
  ])('R66: another one of an append (%s) is 400, and nothing is kept', async (_name, body) => {
    const upload = await createResumable(app(), { body: 'hello' });

    const headers = { 'Content-Digest': WRONG };
    const response = await append(app(), upload, { offset: 5, body, headers });

    expectProblem(response, 400, 'digest-mismatched-values');
    expect(response.headers['upload-complete']).toBe('?0');
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect(app().finished.countOf(upload.id)).toBe(0);
    expect((await append(app(), upload, { offset: 5, body: 'world' })).status).toBe(200);
  });

  it('R66: another one of a creation is 400, and nothing of its bytes is kept', async () => {
    const headers = { 'Content-Digest': WRONG };

    const response = await sendCreation(app(), { body: 'hello', headers });

    expectProblem(response, 400, 'digest-mismatched-values');
    const upload = uploadAt(response.interim[0]?.headers.location);
    expect(await storedBytes(app(), upload)).toHaveLength(0);
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('R66: bytes of a digested body that breaks off are not kept', async () => {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const headers = { ...appendHeaders(), 'Content-Digest': digestOf('helloworld') };
    const lines = [...linesOf(headers), 'Content-Length: 10'];
    await connection.write(rawHead('PATCH', upload.path, lines) + 'hello');
    await eventually(async () =>
      expect((await app().tus.find(upload.id))?.state).toBe('receiving'),
    );
    connection.end();
    await connection.closed;

    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it('R67: the right Repr-Digest lets an upload complete', async () => {
    const headers = { 'Repr-Digest': digestOf('helloworld') };
    const upload = await createResumable(app(), { body: 'hello', headers });

    const response = await append(app(), upload, { offset: 5, body: 'world' });

    expect([response.status, response.headers['upload-complete']]).toEqual([200, '?1']);
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });

  it.each(['/files', '/videos'])('R67: another one ends an upload to %s', async (path) => {
    const headers = { 'Repr-Digest': WRONG };
    const upload = await createResumable(app(), { path, body: 'hello', headers });

    const response = await append(app(), upload, { offset: 5, body: 'world' });

    expectProblem(response, 400, 'digest-mismatched-values');
    expect(response.headers['upload-complete']).toBe('?1');
    expect([400, 404, 410]).toContain((await retrieveOffset(app(), upload)).status);
    expect(app().finished.countOf(upload.id)).toBe(0);
    expect(endpointOf(app()).countOf(upload.id)).toBe(0);
    await eventually(async () => expect(await heldNames(app())).not.toContain(upload.id));
  });

  it('R67: another one ends an upload of one request', async () => {
    const headers = { 'Repr-Digest': WRONG };

    const response = await sendCreation(app(), { path: '/videos', body: 'hello', headers });

    expectProblem(response, 400, 'digest-mismatched-values');
    expect(response.headers['upload-complete']).toBe('?1');
  });

  it.each(['/files', '/videos'])('R68: Want-Repr-Digest is told at %s', async (path) => {
    const headers = { 'Want-Repr-Digest': 'sha-512=1, sha-256=9' };
    const upload = await createResumable(app(), { path, body: 'hello', headers });

    const response = await append(app(), upload, { offset: 5, body: 'world' });

    expect(response.headers['repr-digest']).toBe(digestOf('helloworld'));
  });

  it.each(['sha-256=0', 'crc32c=9', 'sha-256', 'garbage;;', ''])(
    'R68: Want-Repr-Digest "%s" wants nothing that is there',
    async (wanted) => {
      const headers = { 'Want-Repr-Digest': wanted };

      const response = await sendCreation(app(), { body: 'hello', headers });

      expect([response.status, response.headers['repr-digest']]).toEqual([200, undefined]);
    },
  );

  it('R69: algorithms that are not known are passed over', async () => {
    const headers = { 'Content-Digest': 'id-sha-x=:AAAA:, unixsum=:AAA=:' };
    const wrong = { 'Content-Digest': `unixsum=:AAA=:, ${WRONG}` };

    const taken = await sendCreation(app(), { body: 'hello', headers });
    const refused = await sendCreation(app(), { body: 'hello', headers: wrong });

    expect(taken.status).toBe(200);
    expectProblem(refused, 400, 'digest-mismatched-values');
  });

  it.each(MALFORMED)(
    'R69: the malformed digest "%s" is 400 before the body is sent',
    async (value) => {
      const upload = await createResumable(app());
      for (const name of ['Content-Digest']) {
        const connection = await app().connect();
        const lines = [...linesOf({ ...appendHeaders(), [name]: value }), 'Content-Length: 100000'];
        await connection.write(rawHead('PATCH', upload.path, lines));

        const response = await connection.response();

        expect(response.status).toBe(400);
        expect(response.header('Content-Type')).toMatch(/^application\/problem\+json\b/);
      }
      expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
    },
  );

  it('R69: a digest is that of the bytes within the chunks', async () => {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const headers = { ...appendHeaders(), 'Content-Digest': digestOf('hello world') };
    const lines = [...linesOf(headers), 'Transfer-Encoding: chunked'];

    await connection.write(rawHead('PATCH', upload.path, lines));
    await connection.write(chunk('hello ') + chunk('world') + LAST_CHUNK);

    expect((await connection.response()).header('Upload-Complete')).toBe('?1');
  });
});
