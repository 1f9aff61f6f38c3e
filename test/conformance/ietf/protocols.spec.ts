import {
  OCTETS,
  PARTIAL,
  PLATFORMS,
  TUS,
  VERSIONS,
  append,
  appendHeaders,
  cancel,
  create,
  createResumable,
  expectProblem,
  expectRefused,
  heldNames,
  offsetOf,
  patch,
  post,
  retrieveOffset,
  sendCreation,
  standingOf,
  stateHeaders,
  storedBytes,
  terminate,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { HttpResponse } from '../../support/index.js';
import { WITH_ENDPOINT, endpointOf } from '../../e2e/endpoint-controller.js';

/** What URLSession adds to every upload, asked for or not. */
const URL_SESSION = { 'Upload-Complete': '?1', 'Upload-Draft-Interop-Version': '6' };

/** Headers that only one of the protocols may send. */
const OF_IETF = ['upload-draft-interop-version', 'upload-complete', 'upload-limit'];
const OF_TUS = ['tus-resumable', 'upload-expires', 'upload-defer-length'];

function namesOf({ headers }: HttpResponse, names: readonly string[]): string[] {
  return names.filter((name) => headers[name] !== undefined);
}

describe.each(PLATFORMS)('both protocols on one path, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] }, ...WITH_ENDPOINT });

  it('N1: X-HTTP-Method-Override is the method of an append too', async () => {
    const upload = await createResumable(app());

    const response = await app().request({
      method: 'POST',
      path: upload.path,
      headers: { ...appendHeaders(), 'X-HTTP-Method-Override': 'PATCH' },
      body: 'hello',
    });

    expect([response.status, response.headers['upload-complete']]).toEqual([200, '?1']);
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each([URL_SESSION, { ...URL_SESSION, 'Upload-Complete': '?0' }, stateHeaders()])(
    'N2: Tus-Resumable wins over %o',
    async (added) => {
      const response = await post(app(), { length: 5, headers: added });
      const upload = uploadAt(response.headers.location);
      const appended = await patch(app(), upload, { body: 'hello', headers: added });

      expect([response.status, appended.status]).toEqual([201, 204]);
      for (const answer of [response, appended]) {
        expect(answer.headers['tus-resumable']).toBe('1.0.0');
        expect(namesOf(answer, OF_IETF)).toEqual([]);
        expect(answer.interim).toEqual([]);
      }
      expect((await app().finished.of(upload.id)).size).toBe(5);
    },
  );

  it('N2: also where its version is not served', async () => {
    const response = await post(app(), {
      length: 5,
      headers: { ...URL_SESSION, 'Tus-Resumable': '0.2.2' },
    });

    expectRefused(response, 412);
  });

  it.each(VERSIONS)('N4: Upload-Complete tells the protocol (%i)', async (version) => {
    const response = await sendCreation(app(), { version, complete: false });

    expect(response.status).toBe(201);
    expect(namesOf(response, OF_TUS)).toEqual([]);
  });

  it('N4: so does the type of an append, without a version', async () => {
    const upload = await createResumable(app());

    const response = await app().request({
      method: 'PATCH',
      path: upload.path,
      headers: { 'Content-Type': PARTIAL, 'Upload-Offset': '0', 'Upload-Complete': '?1' },
      body: 'hello',
    });

    expect([response.status, response.headers['upload-complete']]).toEqual([200, '?1']);
    expect(response.interim).toEqual([]);
  });

  it('N4: a creation without a version is served too', async () => {
    const headers = { 'Upload-Draft-Interop-Version': undefined };

    const response = await sendCreation(app(), { complete: false, body: 'hello', headers });

    expect([response.status, response.headers['upload-complete']]).toEqual([201, '?0']);
    expect(response.interim).toEqual([]);
    expect(await standingOf(app(), uploadAt(response.headers.location))).toEqual(['5', '?0']);
  });

  it('N5: HEAD and DELETE of an upload need no header', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect((await cancel(app(), upload)).status).toBe(204);
  });

  it.each([
    ['PATCH', { 'Content-Type': OCTETS, 'Upload-Offset': '0' }],
    ['POST', { 'Upload-Length': '5' }],
    ['POST', { 'Upload-Defer-Length': '1' }],
    ['POST', { 'Upload-Concat': 'partial', 'Upload-Length': '5' }],
    ['POST', { 'Upload-Metadata': 'filename YQ==' }],
  ])(
    'N6: a client of tus that forgot Tus-Resumable is told so (%s %o)',
    async (method, headers) => {
      const upload = await create(app(), { length: 5 });
      const path = method === 'PATCH' ? upload.path : '/files';

      const response = await app().request({ method, path, headers, body: '' });

      expectRefused(response, 412);
      expect(response.headers['tus-version']).toBe('1.0.0');
    },
  );

  it.each([
    ['announced', 'hello'],
    ['chunked', ['hel', 'lo']],
  ])('N7: a plain POST to the upload path is a whole upload (%s)', async (_name, body) => {
    const response = await app().request({ method: 'POST', path: '/files', body });

    const upload = uploadAt(response.headers.location);
    expect(response.status).toBe(200);
    expect(namesOf(response, [...OF_IETF, ...OF_TUS])).toEqual([]);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each([
    ['announced', 'hello'],
    ['chunked', ['hel', 'lo']],
  ])('N7: a plain POST to an endpoint is one (%s)', async (_name, body) => {
    const before = endpointOf(app()).calls.all.length;

    const response = await app().request({ method: 'POST', path: '/videos', body });

    expect([response.status, response.text]).toEqual([201, '{"size":5}']);
    expect(namesOf(response, [...OF_IETF, ...OF_TUS])).toEqual([]);
    expect(response.interim).toEqual([]);
    expect(endpointOf(app()).calls.all).toHaveLength(before + 1);
  });

  it('N7: what it says of its body is what the method is told', async () => {
    await app().request({
      method: 'POST',
      path: '/videos',
      headers: {
        'Content-Type': 'text/plain',
        'Content-Disposition': 'attachment; filename="plain.txt"',
      },
      body: 'hello plain',
    });

    const upload = await endpointOf(app()).calls.first(({ size }) => size === 11);
    expect(upload).toMatchObject({ filename: 'plain.txt', mimetype: 'text/plain' });
  });

  it('N8: a version that is not served is never 412', async () => {
    for (const complete of [true, false]) {
      for (const path of ['/files', '/videos']) {
        const { status, interim } = await sendCreation(app(), { version: 99, complete, path });

        expect(interim).toEqual([]);
        if (path === '/videos' || !complete) expect(status).not.toBe(412);
      }
    }
  });

  it('N9: an upload of tus takes no append of the IETF', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const response = await append(app(), upload, { offset: 5, body: 'world' });

    expect([404, 409]).toContain(response.status);
    expect(namesOf(response, ['tus-resumable'])).toEqual([]);
    expect(await offsetOf(app(), upload)).toBe(5);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
  });

  it('N9: an upload of the IETF takes no PATCH of tus', async () => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    const response = await patch(app(), upload, { offset: 5, body: 'world' });

    expect([404, 409]).toContain(response.status);
    expect(response.headers['tus-resumable']).toBe('1.0.0');
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    expect((await append(app(), upload, { offset: 5, body: 'world' })).status).toBe(200);
  });

  it('N9: an upload of the IETF is no part of one of tus', async () => {
    const { headers } = await sendCreation(app(), { body: 'hello' });

    const response = await app().request({
      method: 'POST',
      path: '/files',
      headers: { ...TUS, 'Upload-Concat': `final;${headers.location}` },
      body: '',
    });

    expectRefused(response, 400);
  });

  it('N10: both have the same ids, and the same handler', async () => {
    const tus = await create(app(), { length: 5, body: 'hello' });
    const { headers } = await sendCreation(app(), { body: 'hello' });

    expect(headers.location).toMatch(/^\/files\/[0-9a-f]{32}$/);
    expect(tus.location).toMatch(/^\/files\/[0-9a-f]{32}$/);
    const [first, second] = [
      await app().finished.of(tus.id),
      await app().finished.of(uploadAt(headers.location).id),
    ];
    expect(Object.keys(first).sort()).toEqual(Object.keys(second).sort());
  });

  it('N11: no answer has a word of the other protocol', async () => {
    const tus = await create(app(), { length: 10, body: 'hello' });
    const ietf = await createResumable(app(), { body: 'hello' });
    const ofTus = [
      tus.response,
      await patch(app(), tus, { offset: 3 }),
      await patch(app(), tus, { offset: 5, body: 'world' }),
      await terminate(app(), { path: '/files/unknown' }),
    ];
    const ofIetf = [
      ietf.response,
      await retrieveOffset(app(), ietf),
      await append(app(), ietf, { offset: 3 }),
      await append(app(), ietf, { offset: 5, body: 'world' }),
      await append(app(), { path: '/files/unknown' }),
    ];

    for (const answer of ofTus) {
      expect(answer.headers['tus-resumable']).toBe('1.0.0');
      expect(namesOf(answer, OF_IETF)).toEqual([]);
    }
    for (const answer of ofIetf) expect(namesOf(answer, OF_TUS)).toEqual([]);
  });

  it.each(VERSIONS)('R74: every answer says the version of its request (%i)', async (version) => {
    const upload = await createResumable(app(), { version });
    const answers = [
      upload.response,
      await append(app(), upload, { version, complete: false, body: 'hello' }),
      await append(app(), upload, { version, offset: 3 }),
      await append(app(), upload, { version, offset: 5 }),
      await sendCreation(app(), { version, path: '/videos', body: 'hello' }),
    ];

    for (const { headers } of answers) {
      expect(headers['upload-draft-interop-version']).toBe(String(version));
    }
  });

  it('R75: what has no problem type of its own is a plain problem', async () => {
    const { title, detail } = expectProblem(await append(app(), { path: '/files/none' }), 404);

    expect(title).toBe('Not Found');
    expect(detail).toMatch(/^[ -~]+$/);
  });
});

describe.each(PLATFORMS)('one protocol alone, on %s', (platform) => {
  const tus = useApp({ platform, ...WITH_ENDPOINT });
  const ietf = useApp({ platform, tus: { protocols: ['ietf'] }, ...WITH_ENDPOINT });

  it('N5: tus alone answers what is not of tus with 412, as it always has', async () => {
    const upload = await create(tus(), { length: 5 });
    const answers = [
      await sendCreation(tus(), { complete: false }),
      await sendCreation(tus(), { path: '/videos', body: 'hello' }),
      await append(tus(), upload, { body: 'hello' }),
      await cancel(tus(), upload),
      await tus().request({ method: 'POST', path: '/videos', body: 'hello' }),
    ];

    for (const answer of answers) {
      expectRefused(answer, 412);
      expect(answer.headers['tus-version']).toBe('1.0.0');
      expect(answer.interim).toEqual([]);
    }
    expect((await retrieveOffset(tus(), upload)).status).toBe(412);
    expect(await offsetOf(tus(), upload)).toBe(0);
  });

  it('N2: the IETF alone takes nothing of tus', async () => {
    const before = await heldNames(ietf());

    const response = await post(ietf(), { length: 5 });

    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await heldNames(ietf())).toEqual(before);
    const upload = await createResumable(ietf(), { body: 'hello' });
    expect((await append(ietf(), upload, { offset: 5 })).status).toBe(200);
  });
});
