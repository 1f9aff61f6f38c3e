import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { BeforeUploadFinish } from '../../../lib/index.js';
import type { CompleteUpload } from '../../../lib/index.js';
import {
  LAST_CHUNK,
  PLATFORMS,
  VERSIONS,
  append,
  appendHeaders,
  chunk,
  createResumable,
  expectProblem,
  limitsOf,
  linesOf,
  rawHead,
  sendCreation,
  standingOf,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { RawResponse } from '../../support/index.js';
import { Calls } from '../../support/calls.js';

const TEN = 'helloworld';
const BOUNDS = { 'max-append-size': 10, 'min-append-size': 5 };

/** Looks at uploads that are complete. */
@Injectable()
class Scanner {
  readonly scanned = new Calls<CompleteUpload>();

  @BeforeUploadFinish()
  scan(upload: CompleteUpload): void {
    this.scanned.add(upload);
  }
}

describe.each(PLATFORMS)('limits on single requests, as the IETF has them, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      protocols: ['tus', 'ietf'],
      maxSize: 100,
      ietf: { maxAppendSize: 10, minAppendSize: 5 },
    },
  });

  it.each(VERSIONS)('R4: they are told wherever limits are (%i)', async (version) => {
    const offered = await app().request({ method: 'OPTIONS', path: '/files' });
    const created = await sendCreation(app(), { version, complete: false });
    const upload = uploadAt(created.headers.location);
    const appended = await append(app(), upload, { version, complete: false, body: TEN });

    const heads = [offered, created, ...created.interim, appended];
    for (const head of heads) {
      const told = limitsOf(head.headers['upload-limit']);
      expect(told).toMatchObject({ 'max-size': 100, ...BOUNDS });
    }
  });

  it.each(['?0', '?1'])('R28: a creation of more bytes is 413 at once (%s)', async (complete) => {
    const lines = [...linesOf({ ...stateHeaders(), 'Upload-Complete': complete })];

    const response = await refusalOf('POST', '/files', [...lines, 'Content-Length: 11']);

    expectProblem(response, 413);
    expect(limitsOf(response.header('Upload-Limit'))).toMatchObject(BOUNDS);
    expect(response.interim).toEqual([]);
    expect(response.header('Location')).toBeUndefined();
  });

  it('R28: a creation of fewer bytes that are not the last is 400 at once', async () => {
    const response = await sendCreation(app(), { complete: false, body: 'hell' });

    expectProblem(response, 400);
    expect(limitsOf(response.headers['upload-limit'])).toMatchObject(BOUNDS);
    expect(response.interim).toEqual([]);
    expect(response.headers.location).toBeUndefined();
  });

  it('R28: one without bytes, of all bytes, or of just enough, is taken', async () => {
    const careful = await sendCreation(app(), { complete: false });
    const whole = await sendCreation(app(), { body: 'x' });
    const most = await sendCreation(app(), { body: TEN });
    const first = await sendCreation(app(), { complete: false, body: 'hello' });

    expect([careful, whole, most, first].map(({ status }) => status)).toEqual([201, 200, 200, 201]);
  });

  it('R28: of a chunked one what comes up to there is kept, and told', async () => {
    const connection = await app().connect();
    const lines = [...linesOf(stateHeaders()), 'Transfer-Encoding: chunked'];
    await connection.write(rawHead('POST', '/files', lines));
    const upload = uploadAt((await connection.interim()).header('Location'));

    await connection.write(chunk('hello'));
    await connection.write(chunk('world!') + LAST_CHUNK);
    const response = await connection.response();

    expectProblem(response, 413);
    expect(response.header('Upload-Complete')).toBe('?0');
    expect(limitsOf(response.header('Upload-Limit'))).toMatchObject(BOUNDS);
    const [offset] = await standingOf(app(), upload);
    const rest = `${TEN}!`.slice(Number(offset));
    const ended = await append(app(), upload, { offset: Number(offset), body: rest });
    expect(ended.headers['upload-complete']).toBe('?1');
    expect((await storedBytes(app(), upload)).toString()).toBe('helloworld!');
  });

  it('R28: a request that is an upload of its own may have more', async () => {
    const response = await app().request({ method: 'POST', path: '/files', body: `${TEN}!` });

    expect(response.status).toBe(200);
  });

  it('R54: an append of more bytes is 413 at once, and changes nothing', async () => {
    const upload = await createResumable(app());
    const lines = [...linesOf(appendHeaders()), 'Content-Length: 11'];

    const response = await refusalOf('PATCH', upload.path, lines);

    expectProblem(response, 413);
    expect(response.header('Upload-Complete')).toBe('?0');
    expect(limitsOf(response.header('Upload-Limit'))).toMatchObject(BOUNDS);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it('R54: one of fewer bytes is 400, and changes nothing, unless it is the last', async () => {
    const upload = await createResumable(app());

    const refused = await append(app(), upload, { complete: false, body: 'hell' });
    const standing = await standingOf(app(), upload);
    const last = await append(app(), upload, { body: 'hell' });

    expectProblem(refused, 400);
    expect(limitsOf(refused.headers['upload-limit'])).toMatchObject(BOUNDS);
    expect(standing).toEqual(['0', '?0']);
    expect(last.headers['upload-complete']).toBe('?1');
  });

  it('R54: of a chunked one what comes up to there is kept', async () => {
    const upload = await createResumable(app());

    const response = await append(app(), upload, { body: ['hello', 'world', '!'] });

    expectProblem(response, 413);
    const [offset = '', complete] = await standingOf(app(), upload);
    expect(Number(offset)).toBeLessThanOrEqual(10);
    expect(complete).toBe('?0');
    expect(await storedBytes(app(), upload)).toHaveLength(Number(offset));
  });

  it('R57: an append of no bytes is too small as well, unless it is the last', async () => {
    const upload = await createResumable(app());

    expectProblem(await append(app(), upload, { complete: false }), 400);
    expect((await append(app(), upload)).headers['upload-complete']).toBe('?1');
  });

  it('R54: a client of tus may send what it likes', async () => {
    const headers = {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': '11',
      'Content-Type': 'application/offset+octet-stream',
    };

    const response = await app().request({
      method: 'POST',
      path: '/files',
      headers,
      body: `${TEN}!`,
    });

    expect([response.status, response.headers['upload-offset']]).toEqual([201, '11']);
  });

  /** What a request is told whose body is never sent. */
  async function refusalOf(
    method: string,
    path: string,
    lines: readonly string[],
  ): Promise<RawResponse> {
    const connection = await app().connect();
    await connection.write(rawHead(method, path, lines));
    return connection.response();
  }
});

describe.each(PLATFORMS)('uploads of any size, as the IETF has them, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['ietf'] } });

  it.each([0, 1, undefined])('R29: none is too small to be resumed (%s bytes)', async (length) => {
    const created = await sendCreation(app(), { complete: false, length });

    expect([created.status, created.interim.map(({ status }) => status)]).toEqual([201, [104]]);
    const { 'min-size': fewest = 0 } = limitsOf(created.headers['upload-limit']);
    expect(fewest).toBe(0);
    const upload = uploadAt(created.headers.location);
    const ended = await append(app(), upload, { body: 'x'.repeat(length ?? 3) });
    expect(ended.headers['upload-complete']).toBe('?1');
  });
});

describe.each(PLATFORMS)('limits on clients, as the IETF has them, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      protocols: ['ietf'],
      idleTimeout: 0.3,
      uploadValidDuration: '1h',
      owner: (request: object) => (request as IncomingMessage).headers['x-user'] as string,
      quota: { concurrent: 1 },
    },
  });

  it('R72: one that sends no more bytes is ended, and what it sent is kept', async () => {
    const headers = { 'X-User': 'slow' };
    const upload = await createResumable(app(), { headers });
    const connection = await app().connect();
    const lines = [...linesOf({ ...appendHeaders(), ...headers }), 'Content-Length: 10'];

    await connection.write(`${rawHead('PATCH', upload.path, lines)}hello`);

    expect(await connection.responseOrClose()).toBeUndefined();
    const { offset } = (await app().tus.find(upload.id)) ?? {};
    expect(offset).toBe(5);
  });

  it('R72: one has so many uploads at a time, and each of them so long', async () => {
    const headers = { 'X-User': 'greedy' };

    const first = await sendCreation(app(), { complete: false, headers });
    const second = await sendCreation(app(), { complete: false, headers });

    expect(limitsOf(first.headers['upload-limit'])).toEqual({ 'max-age': 3600 });
    expectProblem(second, 429);
    expect(second.interim).toEqual([]);
  });
});

describe.each(PLATFORMS)('looking at content, as the IETF has it, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['ietf'] }, providers: [Scanner] });

  it('R73: the app scans an upload once all of it is there', async () => {
    const { scanned } = app().nest.get(Scanner);
    const upload = await createResumable(app(), { body: 'hello' });
    await append(app(), upload, { offset: 5, complete: false, body: 'wor' });
    expect(scanned.all).toEqual([]);

    await append(app(), upload, { offset: 8, body: 'ld' });

    expect(scanned.all.map(({ id, size }) => [id, size])).toEqual([[upload.id, 10]]);
  });
});
