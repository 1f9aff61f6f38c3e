import {
  PLATFORMS,
  VERSIONS,
  append,
  appendHeaders,
  cancel,
  createResumable,
  eventually,
  expectProblem,
  heldNames,
  linesOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';

describe.each(PLATFORMS)('cancelling the IETF’s uploads on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] } });

  it.each([undefined, ...VERSIONS.map(String)])(
    'R59: DELETE is 204, frees the bytes, and the upload is gone (%s)',
    async (version) => {
      const upload = await createResumable(app(), { body: 'hello' });

      const headers = { 'Upload-Draft-Interop-Version': version };
      const response = await cancel(app(), upload, headers);

      expect(response.status).toBe(204);
      expect(response.body).toHaveLength(0);
      expect(response.all('Tus-Resumable')).toEqual([]);
      expect([404, 410]).toContain((await retrieveOffset(app(), upload)).status);
      const late = await append(app(), upload, { offset: 5, body: 'x' });
      expect([404, 410]).toContain(late.status);
      expectProblem(late, late.status);
      await eventually(async () => expect(await heldNames(app())).not.toContain(upload.id));
    },
  );

  it.each([
    ['an append', () => beginAppend()],
    ['a creation', () => beginCreation()],
  ])('R60: DELETE ends %s that runs, and nothing comes back', async (_name, begin) => {
    const { upload, connection } = await begin();
    await connection.write('hello');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const response = await cancel(app(), upload);
    await connection.write('world');
    const ended = await connection.responseOrClose();
    await connection.closed;

    expect(response.status).toBe(204);
    expect(String(ended?.status ?? 400)).toMatch(/^4\d\d$/);
    expect([404, 410]).toContain((await retrieveOffset(app(), upload)).status);
    expect(await heldNames(app())).not.toContain(upload.id);
    const barrier = await sendCreation(app(), { body: 'barrier' });
    await app().finished.of(uploadAt(barrier.headers.location).id);
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it.each(['0'.repeat(32), 'abc', '..%2f..%2fx', '.tus'])(
    'R61: DELETE of the unknown upload %s is 404, and no redirect',
    async (id) => {
      const response = await cancel(app(), { path: `/files/${id}` });

      expectProblem(response, 404);
      expect(response.headers.location).toBeUndefined();
    },
  );

  it('R62: DELETE of a complete upload is 204, and does not take its delivery back', async () => {
    const { headers } = await sendCreation(app(), { body: 'hello' });
    const upload = uploadAt(headers.location);
    await app().finished.of(upload.id);

    await eventually(async () => expect((await cancel(app(), upload)).status).toBe(204));

    expect([404, 410]).toContain((await retrieveOffset(app(), upload)).status);
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  async function beginAppend() {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const lines = [...linesOf(appendHeaders()), 'Content-Length: 10'];
    await connection.write(rawHead('PATCH', upload.path, lines));
    return { upload, connection };
  }

  async function beginCreation() {
    const connection = await app().connect();
    const lines = [...linesOf(stateHeaders()), 'Content-Length: 10'];
    await connection.write(rawHead('POST', '/files', lines));
    return { upload: uploadAt((await connection.interim()).header('Location')), connection };
  }
});

describe.each(PLATFORMS)('cancelling that is off, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['ietf'], extensions: ['creation', 'creation-with-upload'] },
  });

  it('R61: DELETE is 405, Allow does not name it, and the upload stays', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await cancel(app(), upload);

    expectProblem(response, 405);
    expect(response.headers.allow).not.toContain('DELETE');
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
  });
});
