import {
  PLATFORMS,
  append,
  cancel,
  createResumable,
  expectProblem,
  retrieveOffset,
  sendCreation,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { HttpResponse } from '../../support/index.js';

/** What version 3 calls whether an upload is complete, and what it says by it. */
function completenessOf({ headers }: HttpResponse): boolean | undefined {
  const values: Record<string, boolean> = { '?1': true, '?0': false };
  const { 'upload-complete': complete, 'upload-incomplete': incomplete } = headers;
  return incomplete === undefined ? values[String(complete)] : !values[String(incomplete)];
}

describe.each(PLATFORMS)('versions 3 and 5 where they are chosen, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], ietf: { versions: [3, 5, 6, 8, 9, 10] } },
  });

  it.each([3, 5])('R13: a creation of version %i is told by 104', async (version) => {
    const { interim, headers } = await sendCreation(app(), { version, body: 'hello' });

    expect(interim[0]).toMatchObject({
      status: 104,
      headers: { location: headers.location, 'upload-draft-interop-version': String(version) },
    });
  });

  it.each([3, 5])('R18: bytes that are not the last are 201 with where (%i)', async (version) => {
    const { response, location } = await createResumable(app(), { version, body: 'hello' });

    expect(location).toMatch(/^\/files\/\w+$/);
    expect(response.headers['upload-offset']).toBe('5');
    expect(completenessOf(response)).toBe(false);
  });

  it.each([3, 5])('R43: appends are 201, and need no type of their own (%i)', async (version) => {
    const upload = await createResumable(app(), { version });

    const options = { version, complete: false, body: 'hello' };
    const response = await append(app(), upload, options);

    expect([response.status, response.headers['upload-offset']]).toEqual([201, '5']);
    expect(completenessOf(response)).toBe(false);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it.each([3, 5])('R44: the last one completes the upload (%i)', async (version) => {
    const upload = await createResumable(app(), { version, body: 'hello' });

    const response = await append(app(), upload, { version, offset: 5, body: 'world' });

    expect(Math.floor(response.status / 100)).toBe(2);
    expect(response.headers['upload-offset']).toBe('10');
    expect(completenessOf(response)).toBe(true);
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });

  it.each([3, 5])('R40: an append that does not say is the last one (%i)', async (version) => {
    const upload = await createResumable(app(), { version });

    const headers = { 'Upload-Complete': undefined, 'Upload-Incomplete': undefined };
    await append(app(), upload, { version, body: 'hello', headers });

    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each([3, 5])('R37: HEAD tells offset and completeness (%i)', async (version) => {
    const upload = await createResumable(app(), { version, body: 'hello' });

    const headers = { 'Upload-Draft-Interop-Version': String(version) };
    const response = await retrieveOffset(app(), upload, headers);

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
    expect(completenessOf(response)).toBe(false);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it.each([3, 5])('R42: another offset is 409, which tells the right one (%i)', async (version) => {
    const upload = await createResumable(app(), { version, body: 'hello' });

    const response = await append(app(), upload, { version, offset: 3, body: 'x' });

    expectProblem(response, 409, 'mismatching-upload-offset');
    expect(response.headers['upload-offset']).toBe('5');
  });

  it.each([3, 5])('R59: DELETE is 204, and the upload is gone (%i)', async (version) => {
    const upload = await createResumable(app(), { version, body: 'hello' });
    const headers = { 'Upload-Draft-Interop-Version': String(version) };

    expect((await cancel(app(), upload, headers)).status).toBe(204);
    expect([404, 410]).toContain((await retrieveOffset(app(), upload, headers)).status);
  });

  it('R74: they say the version of the request', async () => {
    for (const version of [3, 5]) {
      const { headers } = await sendCreation(app(), { version, body: 'hello' });

      expect(headers['upload-draft-interop-version']).toBe(String(version));
      expect((await app().finished.of(uploadAt(headers.location).id)).size).toBe(5);
    }
  });

  it('R2: Upload-Incomplete is of version 3 alone', async () => {
    const headers = { 'Upload-Incomplete': '?1', 'Upload-Complete': undefined };

    const response = await sendCreation(app(), { version: 8, body: 'hello', headers });

    expect([response.status, response.interim]).toEqual([200, []]);
    expect(response.headers['upload-incomplete']).toBeUndefined();
  });
});
