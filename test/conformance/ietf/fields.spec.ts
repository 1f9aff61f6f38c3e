import {
  PLATFORMS,
  VERSION,
  append,
  create,
  createResumable,
  expectProblem,
  limitsOf,
  patch,
  retrieveOffset,
  sendCreation,
  standingOf,
  storedBytes,
  useApp,
} from '../../support/index.js';
import { WITH_ENDPOINT, endpointOf } from '../../e2e/endpoint-controller.js';

/** What is no integer of 0 or more in a structured field (RFC 9651 §3.3.1). */
const NO_INTEGERS = [
  '-1',
  '+5',
  '5.0',
  '1e3',
  '0x10',
  'abc',
  '"5"',
  '?1',
  ':NQ==:',
  '5, 6',
  '5;',
  '5;P=1',
  '5 6',
  '(5)',
  '',
  '9'.repeat(16),
];

/** What is no boolean there (RFC 9651 §3.3.6). */
const NO_BOOLEANS = ['true', '1', '"?1"', '?2', '?', '? 1', '?1?1', '?0, ?1', '(?1)', '?1;', ''];

describe.each(PLATFORMS)('the fields of the IETF on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] }, ...WITH_ENDPOINT });

  it.each(NO_INTEGERS)('R1: Upload-Offset "%s" is as none', async (value) => {
    const upload = await createResumable(app());

    const response = await append(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Offset': value },
    });

    expectProblem(response, 400);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it.each(NO_INTEGERS)('R1: Upload-Length "%s" is as none', async (value) => {
    const upload = await createResumable(app(), { headers: { 'Upload-Length': value } });

    const { headers } = await retrieveOffset(app(), upload);
    expect(headers['upload-length']).toBeUndefined();
    expect((await append(app(), upload, { body: 'hello' })).headers['upload-complete']).toBe('?1');
  });

  it.each(NO_BOOLEANS)(
    'R2: Upload-Complete "%s" is as none: the request is a conventional one',
    async (value) => {
      const response = await sendCreation(app(), {
        path: '/videos',
        body: 'hello',
        headers: { 'Upload-Complete': value },
      });

      expect([response.status, response.text]).toEqual([201, '{"size":5}']);
      expect(response.interim).toEqual([]);
      expect(response.headers.location).toBeUndefined();
      expect(response.headers['upload-draft-interop-version']).toBeUndefined();
      expect((await endpointOf(app()).calls.atLeast(1)).length).toBeGreaterThan(0);
    },
  );

  it.each(NO_BOOLEANS)('R2: an append with Upload-Complete "%s" is 400', async (value) => {
    const upload = await createResumable(app());

    const response = await append(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Complete': value },
    });

    expectProblem(response, 400);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it.each(['007', ' 7', '7 ', '7;p=1', '7;p', '7; p="a;b"', '7;a=1;b=?0'])(
    'R3: Upload-Length "%s" is 7',
    async (value) => {
      const upload = await createResumable(app(), { headers: { 'Upload-Length': value } });

      const { headers } = await retrieveOffset(app(), upload);
      expect(headers['upload-length']).toBe('7');
    },
  );

  it.each(['0', '-0', '000', '0;p=1'])('R3: Upload-Offset "%s" is 0', async (value) => {
    const upload = await createResumable(app());

    const headers = { 'Upload-Offset': value };
    const response = await append(app(), upload, { complete: false, body: 'hello', headers });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
  });

  it.each(['?1;p', '?1;p=1', ' ?1 '])('R3: Upload-Complete "%s" is true', async (value) => {
    const upload = await createResumable(app());

    const headers = { 'Upload-Complete': value };
    const response = await append(app(), upload, { body: 'hello', headers });

    expect(response.headers['upload-complete']).toBe('?1');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('R3: an offset on two lines is none', async () => {
    const upload = await createResumable(app());

    const headers = { 'Upload-Offset': ['0', '0'] };

    expectProblem(await append(app(), upload, { body: 'hello', headers }), 400);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it('R3: the grammar of tus stays as strict as it is', async () => {
    const upload = await create(app(), { length: 7 });

    const response = await patch(app(), upload, { offset: '00', body: 'hello' });

    expect(response.status).toBe(400);
    expect(await storedBytes(app(), upload)).toHaveLength(0);
  });
});

describe.each(PLATFORMS)('the limits of the IETF on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 1000, uploadValidDuration: '1h' },
  });

  it('R4: Upload-Limit is a dictionary of integers', async () => {
    const { response } = await createResumable(app());

    expect(limitsOf(response.headers['upload-limit'])).toEqual({
      'max-size': 1000,
      'max-age': 3600,
    });
  });

  it('R4: in version 6 the lifetime has its old name', async () => {
    const { response } = await createResumable(app(), { version: 6 });

    expect(limitsOf(response.headers['upload-limit'])).toEqual({
      'max-size': 1000,
      expires: 3600,
    });
  });

  it('R5: between the answers about one upload its limits do not tighten', async () => {
    const upload = await createResumable(app(), { body: 'he' });
    const appended = await append(app(), upload, { complete: false, offset: 2, body: 'llo' });
    const where = await retrieveOffset(app(), upload);
    const tooMuch = await append(app(), upload, { offset: 5, body: 'x'.repeat(1000) });

    const [first, ...others] = [upload.response, appended, where, tooMuch]
      .map(({ headers }) => headers['upload-limit'])
      .filter((limit) => limit !== undefined)
      .map((limit) => limitsOf(limit));
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const limits of others) expect(limits).toEqual(first);
  });
});

describe.each(PLATFORMS)('limits that are too large to tell, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['ietf'], maxSize: Number.MAX_SAFE_INTEGER },
  });
  it('R6: no number has more digits than a structured field may', async () => {
    const { response } = await createResumable(app());

    const { 'max-size': most = 0 } = limitsOf(response.headers['upload-limit']);
    expect(String(most).length).toBeLessThanOrEqual(15);
    expect(response.headers['upload-draft-interop-version']).toBe(String(VERSION));
  });
});
