import {
  BadRequestException,
  HttpException,
  Inject,
  Injectable,
  Scope,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as tus from 'tus-js-client';
import {
  BeforeUploadFinish,
  NoFileError,
  TusModule,
  UploadNotFoundError,
} from '../../lib/index.js';
import type { CompleteUpload, FinishAnswer } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  heldNames,
  isOnS3,
  offsetOf,
  patch,
  post,
  removeTempFolder,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, HttpResponse, PlatformName, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';

type Answer = FinishAnswer | undefined | void;

interface RequestLike {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Decides on uploads as a test tells it to. */
@Injectable()
class Judge {
  readonly asked = new Calls<CompleteUpload>();

  /** What is decided; to accept unless set. */
  decide: (upload: CompleteUpload) => Answer | Promise<Answer> = () => undefined;

  @BeforeUploadFinish({ when: ({ metadata }) => !('suspect' in metadata) })
  judge(upload: CompleteUpload): Answer | Promise<Answer> {
    this.asked.add(upload);
    return this.decide(upload);
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'suspect' in metadata, quarantine: true })
  suspect(): void {
    throw new BadRequestException('Perhaps a virus.');
  }

  /** How often it was asked about an upload. */
  countOf(id: string): number {
    return this.asked.all.filter((upload) => upload.id === id).length;
  }
}

const judgeOf = (app: TestApp): Judge => app.nest.get(Judge);
const withJudge = (platform: PlatformName) => ({ platform, providers: [Judge] });

const VIRUS = { message: 'A virus.', error: 'Unprocessable Entity', statusCode: 422 };
const SUSPECT = { message: 'Perhaps a virus.', error: 'Bad Request', statusCode: 400 };

/** Has every upload refused. */
function refuseAll(app: TestApp): void {
  judgeOf(app).decide = async () => Promise.reject(new UnprocessableEntityException('A virus.'));
}

/** Sends the last byte of a new upload of ten bytes, whatever the answer. */
async function finish(
  app: TestApp,
  metadata?: Record<string, string>,
): Promise<[CreatedUpload, HttpResponse]> {
  const upload = await create(app, { length: 10, body: 'hello', metadata });
  return [upload, await patch(app, upload, { offset: 5, body: 'world' })];
}

function patchAgain(app: TestApp, upload: { path: string }): Promise<HttpResponse> {
  return patch(app, upload, { offset: 10, body: '' });
}

/** A creation of a final upload from parts that are made for it. */
async function concatenate(app: TestApp): Promise<[parts: CreatedUpload[], HttpResponse]> {
  const headers = { 'Upload-Concat': 'partial' };
  const parts = [
    await create(app, { length: 5, body: 'hello', headers }),
    await create(app, { length: 5, body: 'world', headers }),
  ];
  const final = `final;${parts.map(({ path }) => path).join(' ')}`;
  const response = await post(app, {
    headers: { 'Upload-Defer-Length': undefined, 'Upload-Concat': final },
  });
  return [parts, response];
}

/** What is stored of an upload. */
async function contentOf(app: TestApp, upload: { readonly id: string }): Promise<string> {
  return (await storedBytes(app, upload)).toString();
}

/** What two answers must have in common so that clients cannot tell them apart. */
function essence({ status, headers, text: body }: HttpResponse) {
  const { 'content-type': type, 'x-video': video } = headers;
  return { status, type, video, body };
}

const ANSWERS: [string, FinishAnswer, ReturnType<typeof essence>][] = [
  [
    'headers',
    { headers: { 'X-Video': '7' } },
    { status: 204, type: undefined, video: '7', body: '' },
  ],
  [
    'a text',
    { body: 'Größe: 10' },
    { status: 200, type: 'text/plain; charset=utf-8', video: undefined, body: 'Größe: 10' },
  ],
  [
    'an object and headers',
    { body: { id: 7 }, headers: { 'x-video': '7' } },
    { status: 200, type: 'application/json; charset=utf-8', video: '7', body: '{"id":7}' },
  ],
  [
    'a status',
    { status: 202, body: 'later' },
    { status: 202, type: 'text/plain; charset=utf-8', video: undefined, body: 'later' },
  ],
  [
    'a type',
    { body: '<p>', headers: { 'Content-Type': 'text/html; charset=utf-8' } },
    { status: 200, type: 'text/html; charset=utf-8', video: undefined, body: '<p>' },
  ],
];

describe.each(PLATFORMS)('@BeforeUploadFinish() that accepts on %s', (platform) => {
  const app = useApp(withJudge(platform));
  beforeEach(() => {
    judgeOf(app()).decide = () => undefined;
  });

  it('is asked when all bytes are there, and before anybody hears of it', async () => {
    let seen: unknown[] = [];
    judgeOf(app()).decide = async (asked) => {
      const { id } = asked;
      const found = await app().tus.find(id);
      seen = [await contentOf(app(), asked), found?.state, app().finished.countOf(id)];
    };
    const upload = await create(app(), { length: 5, metadata: { filename: 'a.txt' } });
    const { status } = await patch(app(), upload, { body: 'hello', headers: { 'X-User': 'ada' } });
    const asked = await judgeOf(app()).asked.first(({ id }) => id === upload.id);

    expect(status).toBe(204);
    expect(seen).toEqual(['hello', 'receiving', 0]);
    expect(asked).toMatchObject({ id: upload.id, size: 5, filename: 'a.txt' });
    expect((asked.request as RequestLike).headers['x-user']).toBe('ada');
    expect(judgeOf(app()).countOf(upload.id)).toBe(1);
    await app().finished.of(upload.id);
  });

  it.each(ANSWERS)(
    'may add %s to the last answer, and each time it is asked for',
    async (...row) => {
      const [, answer, expected] = row;
      judgeOf(app()).decide = () => answer;
      const [upload, last] = await finish(app());
      judgeOf(app()).decide = () => ({ body: 'Something else.' });
      const again = [await patchAgain(app(), upload), await patchAgain(app(), upload)];

      expect(essence(last)).toEqual(expected);
      expect(again.map(essence)).toEqual([expected, expected]);
      for (const { headers } of [last, ...again]) {
        expect(headers['upload-offset']).toBe('10');
        expect(headers['tus-resumable']).toBe('1.0.0');
      }
      expect(judgeOf(app()).countOf(upload.id)).toBe(1);
    },
  );

  it.each(ANSWERS)('has HEAD tell the headers, with %s', async (_name, answer, { video }) => {
    judgeOf(app()).decide = () => answer;
    const [upload] = await finish(app());
    const asked = await head(app(), upload);

    expect(essence(asked)).toEqual({ status: 200, type: undefined, video, body: '' });
    expect(asked.headers['upload-offset']).toBe('10');
  });

  it('may add to the answer to a creation that brings all bytes', async () => {
    judgeOf(app()).decide = () => ({ body: { id: 7 }, headers: { 'X-Video': '7' }, status: 202 });
    const upload = await create(app(), { length: 5, body: 'hello' });

    expect(essence(upload.response)).toEqual({
      status: 201,
      type: 'application/json; charset=utf-8',
      video: '7',
      body: '{"id":7}',
    });
  });

  it('is asked about the whole, not about its parts', async () => {
    judgeOf(app()).decide = async (whole) => ({ body: await contentOf(app(), whole) });
    const asked = judgeOf(app()).asked.all.length;
    const [, response] = await concatenate(app());

    expect([response.status, response.text]).toEqual([201, 'helloworld']);
    expect(judgeOf(app()).asked.all).toHaveLength(asked + 1);
  });

  it('is asked about an upload of no bytes', async () => {
    judgeOf(app()).decide = ({ size }) => ({ headers: { 'X-Video': String(size) } });
    const { response } = await create(app(), { length: 0 });

    expect(response.headers['x-video']).toBe('0');
  });

  it('cannot pass for more than the protocol says', async () => {
    judgeOf(app()).decide = () => ({
      headers: { 'upload-offset': '3', 'Upload-Length': '3', 'tus-resumable': '9' },
    });
    const [upload, last] = await finish(app());
    const asked = await head(app(), upload);

    expect(last.all('Upload-Offset')).toEqual(['10']);
    expect(asked.all('Upload-Offset')).toEqual(['10']);
    expect(asked.all('Upload-Length')).toEqual(['10']);
    expect(asked.all('Tus-Resumable')).toEqual(['1.0.0']);
  });
});

describe.each(PLATFORMS)('several @BeforeUploadFinish() on %s', (platform) => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    constructor(@Inject(REQUEST) private readonly request: RequestLike) {}

    @BeforeUploadFinish()
    first({ request }: CompleteUpload): FinishAnswer {
      const saw = `${this.request.headers['x-user']} ${request === this.request}`;
      return { body: 'first', headers: { 'X-Saw': saw, 'X-Both': '1' } };
    }

    @BeforeUploadFinish()
    second(): FinishAnswer {
      return { headers: { 'X-Both': '2' } };
    }

    @BeforeUploadFinish({ when: ({ metadata }) => metadata['ask'] === 'third' })
    third(): FinishAnswer {
      return { body: 'third' };
    }

    @BeforeUploadFinish({ instance: 'avatars' })
    never(): never {
      throw new BadRequestException();
    }
  }

  const app = useApp({
    platform,
    providers: [Scoped],
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
      }),
    ],
  });

  it('answer together, each made for the request', async () => {
    const upload = await create(app(), { length: 5 });
    const response = await patch(app(), upload, { body: 'hello', headers: { 'X-User': 'ada' } });

    expect(response.headers).toMatchObject({ 'x-saw': 'ada true', 'x-both': '2' });
    expect(response.text).toBe('first');
  });

  it('are asked where they want to be', async () => {
    const { response } = await create(app(), {
      length: 5,
      body: 'hello',
      metadata: { ask: 'third' },
    });

    expect(response.text).toBe('third');
  });
});

describe.each(PLATFORMS)('@BeforeUploadFinish() that refuses on %s', (platform) => {
  const app = useApp(withJudge(platform));
  beforeEach(() => refuseAll(app()));

  async function expectGone({ id }: { id: string }): Promise<void> {
    expect((await storedBytes(app(), { id })).length).toBe(0);
    expect((await app().tus.find(id))?.state).toBe('terminated');
    await expect(app().tus.getFilepath(id)).rejects.toBeInstanceOf(NoFileError);
    expect((await app().tus.deliveries({ uploadId: id })).items).toEqual([]);
    expect(app().finished.countOf(id)).toBe(0);
  }

  it('tells the client why, and the upload is gone', async () => {
    const [upload, last] = await finish(app());

    expect(last.status).toBe(422);
    expect(JSON.parse(last.text)).toEqual(VIRUS);
    expect(last.all('Tus-Resumable')).toEqual(['1.0.0']);
    await expectGone(upload);
    expect(app().logs.errors()).toEqual([]);
  });

  it('tells the client the same each time it asks', async () => {
    const [upload, last] = await finish(app());
    judgeOf(app()).decide = () => undefined;
    const asked = await head(app(), upload);
    const again = await patchAgain(app(), upload);
    const ended = await terminate(app(), upload);

    expectHeadRefused(asked, 422);
    expect(essence(again)).toEqual(essence(last));
    expect(essence(ended)).toEqual(essence(last));
    expect(judgeOf(app()).countOf(upload.id)).toBe(1);
  });

  it.each<[string, () => HttpException, unknown]>([
    ['an object', () => new HttpException({ code: 7 }, 409), { code: 7 }],
    ['a bare text', () => new HttpException('No.', 403), { statusCode: 403, message: 'No.' }],
  ])('tells again what it told, with %s', async (_name, exception, body) => {
    judgeOf(app()).decide = async () => Promise.reject(exception());
    const [upload, last] = await finish(app());
    const again = await patchAgain(app(), upload);

    expect(JSON.parse(last.text)).toEqual(body);
    expect(essence(again)).toEqual(essence(last));
  });

  it('leaves nothing of a creation that brings all bytes', async () => {
    const response = await post(app(), { length: 5, body: 'hello' });
    const { id } = await judgeOf(app()).asked.first(({ size }) => size === 5);

    expect(response.status).toBe(422);
    expect(JSON.parse(response.text)).toEqual(VIRUS);
    expect(response.all('Location')).toEqual([]);
    await expectGone({ id });
  });

  it('leaves nothing of a whole, and its parts as they were', async () => {
    const before = judgeOf(app()).asked.all.length;
    const [parts, response] = await concatenate(app());
    const { id } = judgeOf(app()).asked.all[before]!;

    expect(response.status).toBe(422);
    await expectGone({ id });
    for (const part of parts) expect(await offsetOf(app(), part)).toBe(5);
  });
});

describe.each(PLATFORMS)('@BeforeUploadFinish() that quarantines on %s', (platform) => {
  const clock = useClock();
  const app = useApp({
    ...withJudge(platform),
    tus: { download: true, cleanup: { every: false, finishedAfter: '1d', rememberFor: '7d' } },
  });
  const quarantine = () => finish(app(), { suspect: 'yes' });

  it('keeps the bytes, for the application alone', async () => {
    const [upload, last] = await quarantine();
    const { id } = upload;
    const { items } = await app().tus.list({ state: 'quarantined' });

    expect(JSON.parse(last.text)).toEqual(SUSPECT);
    expect(items.map((item) => item.id)).toContain(id);
    expect(await app().tus.find(id)).toMatchObject({ state: 'quarantined', offset: 10 });
    expect(await contentOf(app(), { id })).toBe('helloworld');
    const path = app().tus.getFilepath(id);
    if (isOnS3()) await expect(path).rejects.toBeInstanceOf(NoFileError);
    else expect(await path).toBe(join(app().tmpFileDir, id));
    expect(await text(await app().tus.createReadStream(id, { start: 5 }))).toBe('world');
    expectHeadRefused(await head(app(), upload), 400);
    expect(essence(await patchAgain(app(), upload))).toEqual(essence(last));
    expect(essence(await terminate(app(), upload))).toEqual(essence(last));
    expect((await app().request({ path: upload.path })).status).toBe(410);
    expect(app().finished.countOf(id)).toBe(0);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['moved', (id) => app().tus.moveTo(id, '/nowhere')],
    ['cleaned up', (id) => app().tus.cleanupFile(id)],
  ])('keeps a file from being %s', async (_name, work) => {
    const [{ id }] = await quarantine();

    await expect(work(id)).rejects.toBeInstanceOf(NoFileError);
  });

  it('keeps it for as long as the application wants', async () => {
    const [{ id }] = await quarantine();
    clock.advance(10 * 365 * 24 * 3_600_000);
    await app().tus.cleanup();

    expect(await contentOf(app(), { id })).toBe('helloworld');
  });

  it('is undone by release(): the client is told success, and handlers are called', async () => {
    const [upload] = await quarantine();
    await app().tus.release(upload.id);
    await app().tus.release(upload.id);
    const finished = await app().finished.of(upload.id);

    expect(await contentOf(app(), finished)).toBe('helloworld');
    expect(await offsetOf(app(), upload)).toBe(10);
    expect(essence(await patchAgain(app(), upload))).toMatchObject({ status: 204, body: '' });
    expect((await app().tus.find(upload.id))?.state).toBe('finished');
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it('is made final by terminate(), which frees the bytes', async () => {
    const [upload] = await quarantine();
    await app().tus.terminate(upload.id);

    expect(await heldNames(app())).not.toContain(upload.id);
    expectHeadRefused(await head(app(), upload), 410);
    await app().tus.release(upload.id);
    expect((await app().tus.find(upload.id))?.state).toBe('terminated');
  });

  it('leaves nothing to release of other uploads', async () => {
    const unfinished = await create(app(), { length: 10, body: 'hello' });
    await app().tus.release(unfinished.id);

    expect(await offsetOf(app(), unfinished)).toBe(5);
    await expect(app().tus.release('0'.repeat(32))).rejects.toBeInstanceOf(UploadNotFoundError);
  });
});

describe.each(PLATFORMS)('@BeforeUploadFinish() that fails on %s', (platform) => {
  const app = useApp(withJudge(platform));
  beforeEach(() => {
    judgeOf(app()).decide = () => undefined;
  });

  it.each<[string, () => unknown, number]>([
    ['an error', () => new Error('The scanner is down.'), 500],
    ['a text', () => 'The scanner is down.', 500],
    ['503', () => new ServiceUnavailableException(), 503],
    ['429', () => new HttpException('Too many.', 429), 429],
    ['408', () => new HttpException('Too slow.', 408), 408],
  ])('with %s keeps the upload, and is asked again', async (_name, reason, status) => {
    judgeOf(app()).decide = async () => Promise.reject(reason() as Error);
    const [upload, last] = await finish(app());
    const asked = await head(app(), upload);
    const patched = await patchAgain(app(), upload);
    const found = await app().tus.find(upload.id);
    const told = app().finished.countOf(upload.id);
    judgeOf(app()).decide = () => ({ body: 'at last' });
    const accepted = await patchAgain(app(), upload);

    expect([last.status, patched.status]).toEqual([status, status]);
    // Whatever else HEAD failed with, clients would send the whole file again.
    expectHeadRefused(asked, 423);
    expect(Number(asked.headers['retry-after'])).toBeGreaterThan(0);
    expect(found).toMatchObject({ state: 'receiving', offset: 10 });
    expect(told).toBe(0);
    expect([accepted.status, accepted.text]).toEqual([200, 'at last']);
    expect(judgeOf(app()).countOf(upload.id)).toBe(4);
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });

  it('costs a checksummed body none of its bytes, which were verified', async () => {
    judgeOf(app()).decide = () => {
      throw new ServiceUnavailableException();
    };
    const upload = await create(app(), { length: 5 });
    const checksum = `sha1 ${createHash('sha1').update('hello').digest('base64')}`;
    const body = { body: 'hello', headers: { 'Upload-Checksum': checksum } };
    expect((await patch(app(), upload, body)).status).toBe(503);
    judgeOf(app()).decide = () => undefined;

    expect(await offsetOf(app(), upload)).toBe(5);
    await app().finished.of(upload.id);
  });

  it('is asked again by a HEAD, which then tells success', async () => {
    judgeOf(app()).decide = () => {
      throw new Error('The scanner is down.');
    };
    const [upload] = await finish(app());
    judgeOf(app()).decide = () => ({ headers: { 'X-Video': '7' } });
    const { status, headers } = await head(app(), upload);

    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'upload-offset': '10', 'x-video': '7' });
    await app().finished.of(upload.id);
  });

  it('is logged once each time, in its own words, which the client does not get', async () => {
    judgeOf(app()).decide = () => {
      throw new Error('The scanner is down.');
    };
    const [upload, last] = await finish(app());
    const lines = app()
      .logs.errors()
      .filter((line) => line.includes(upload.id));

    expectRefused(last, 500);
    expect(last.text).not.toContain('scanner');
    expect(lines).toEqual([
      expect.stringContaining(`Upload ${upload.id} failed on PATCH: The scanner is down.`),
    ]);
  });

  it.each<[string, FinishAnswer, string]>([
    ['a body of more than 64 KiB', { body: 'x'.repeat(65_537) }, '65537 bytes, 64 KiB are allowed'],
    ['a status that is no success', { status: 404 }, 'must be from 200 to 299, not 404'],
    ['a header that cannot be sent', { headers: { 'X-Name': '日本語' } }, 'X-Name'],
  ])('because it gave %s is logged clearly', async (_name, answer, words) => {
    judgeOf(app()).decide = () => answer;
    const [upload, last] = await finish(app());
    const line = app()
      .logs.errors()
      .find((text) => text.includes(upload.id));
    judgeOf(app()).decide = () => undefined;

    expectRefused(last, 500);
    expect(line).toContain(words);
    expect(await offsetOf(app(), upload)).toBe(10);
    expect((await patchAgain(app(), upload)).status).toBe(204);
  });
});

describe.each(PLATFORMS)('@BeforeUploadFinish() that takes its time on %s', (platform) => {
  const app = useApp(withJudge(platform));
  let gate: Gate;
  beforeEach(() => {
    gate = new Gate();
    judgeOf(app()).decide = async () => {
      await gate.pass();
      return { body: 'accepted' };
    };
  });
  afterEach(() => gate.open());

  it('has all requests told at once to come again, and none that it is complete', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const last = patch(app(), upload, { offset: 5, body: 'world' });
    await gate.reached;
    const answers = [
      await head(app(), upload),
      await patchAgain(app(), upload),
      await terminate(app(), upload),
    ];
    const found = await app().tus.find(upload.id);
    gate.open();

    for (const answer of answers) {
      expect(answer.status).toBe(423);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(answer.headers).not.toHaveProperty('upload-offset');
    }
    expect(found?.state).toBe('receiving');
    expect((await last).text).toBe('accepted');
    expect((await patchAgain(app(), upload)).text).toBe('accepted');
    expect(await offsetOf(app(), upload)).toBe(10);
    expect(judgeOf(app()).countOf(upload.id)).toBe(1);
  });

  it('goes on when its client has left, and tells it when it comes back', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'Content-Type: application/offset+octet-stream'];
    await connection.write(
      [
        `PATCH ${upload.path} HTTP/1.1`,
        'Host: localhost',
        ...lines,
        'Upload-Offset: 5',
        'Content-Length: 5',
        '',
        'world',
      ].join('\r\n'),
    );
    await gate.reached;
    connection.destroy();
    await connection.closed;
    gate.open();
    await app().finished.of(upload.id);

    const again = async () => expect((await patchAgain(app(), upload)).text).toBe('accepted');
    // It is held until what it needs no more was removed.
    await eventually(again);
    expect(judgeOf(app()).countOf(upload.id)).toBe(1);
  });

  it('does not hold up other uploads', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const last = patch(app(), upload, { offset: 5, body: 'world' });
    await gate.reached;
    judgeOf(app()).decide = () => undefined;
    await uploadWhole(app(), 'other');
    gate.open();

    expect((await last).status).toBe(200);
  });
});

describe.each(PLATFORMS)('verdicts and a restart on %s', (platform) => {
  let first: TestApp;
  let second: TestApp | undefined;
  beforeEach(async () => {
    first = await startApp(withJudge(platform));
    second = undefined;
  });
  afterEach(async () => {
    await second?.close();
    await first.close();
    await removeTempFolder(first.folder!);
  });

  async function restart(): Promise<TestApp> {
    await first.nest.close();
    second = await startApp({ ...withJudge(platform), tmpFileDir: first.tmpFileDir });
    return second;
  }

  it('are told afterwards as before', async () => {
    judgeOf(first).decide = () => ({ body: { id: 7 }, headers: { 'X-Video': '7' } });
    const [accepted, acceptance] = await finish(first);
    refuseAll(first);
    const [refused, refusal] = await finish(first);
    const [suspect, suspicion] = await finish(first, { suspect: 'yes' });
    const app = await restart();

    expect(essence(await patchAgain(app, accepted))).toEqual(essence(acceptance));
    expect((await head(app, accepted)).headers['x-video']).toBe('7');
    expect(essence(await patchAgain(app, refused))).toEqual(essence(refusal));
    expectHeadRefused(await head(app, refused), 422);
    expect(essence(await patchAgain(app, suspect))).toEqual(essence(suspicion));
    await app.tus.release(suspect.id);
    expect(await offsetOf(app, suspect)).toBe(10);
    expect(judgeOf(app).asked.all).toEqual([]);
  });

  it('are asked for at the start, where there was none, without a request', async () => {
    judgeOf(first).decide = () => {
      throw new Error('The scanner is down.');
    };
    const [upload] = await finish(first);
    const app = await restart();
    const asked = await judgeOf(app).asked.first(({ id }) => id === upload.id);
    const finished = await app.finished.of(upload.id);

    expect(asked).not.toHaveProperty('request');
    expect(await contentOf(app, finished)).toBe('helloworld');
    expect(await offsetOf(app, upload)).toBe(10);
  });

  it('that refuse at the start are told to the client, and are no fault', async () => {
    judgeOf(first).decide = () => {
      throw new Error('The scanner is down.');
    };
    const [upload] = await finish(first);
    await first.nest.close();

    @Injectable()
    class Strict {
      @BeforeUploadFinish()
      refuse(): never {
        throw new UnprocessableEntityException('A virus.');
      }
    }
    second = await startApp({ platform, providers: [Strict], tmpFileDir: first.tmpFileDir });
    const app = second;
    await eventually(async () => expect((await app.tus.find(upload.id))?.state).toBe('terminated'));
    const answer = await eventually(async () => {
      const response = await patchAgain(app, upload);
      expect(response.status).toBe(422);
      return response;
    });

    expect(JSON.parse(answer.text)).toEqual(VIRUS);
    expect((await storedBytes(app, upload)).length).toBe(0);
    expect(app.logs.errors()).toEqual([]);
  });
});

/** What tus-js-client made of an upload. */
interface Sent {
  readonly requests: string[];
  /** Body of the last answer, when it succeeded. */
  readonly body?: string;
  /** Status of the answer that it gave up with. */
  readonly status?: number;
}

function send(app: TestApp, content: string): Promise<Sent> {
  const requests: string[] = [];
  return new Promise((resolve) => {
    new tus.Upload(Buffer.from(content), {
      endpoint: `${app.url}/files`,
      chunkSize: 5,
      retryDelays: [0, 10, 10],
      onBeforeRequest: (request) => void requests.push(request.getMethod()),
      onSuccess: ({ lastResponse }) => resolve({ requests, body: lastResponse.getBody() }),
      onError: (error) => {
        const { originalResponse } = error as tus.DetailedError;
        resolve({ requests, status: originalResponse?.getStatus() });
      },
    }).start();
  });
}

describe.each(PLATFORMS)('tus-js-client and @BeforeUploadFinish() on %s', (platform) => {
  const app = useApp(withJudge(platform));

  it('has the body of the last answer', async () => {
    judgeOf(app()).decide = ({ size }) => ({ body: { size } });

    expect(await send(app(), 'hello you!')).toEqual({
      requests: ['POST', 'PATCH', 'PATCH'],
      body: '{"size":10}',
    });
  });

  it('has the status of a refusal, and does not try again', async () => {
    refuseAll(app());
    const { length } = judgeOf(app()).asked.all;
    const sent = await send(app(), 'hello you!');
    const { id } = judgeOf(app()).asked.all[length]!;

    expect(sent).toEqual({ requests: ['POST', 'PATCH', 'PATCH'], status: 422 });
    expect((await storedBytes(app(), { id })).length).toBe(0);
  });

  it('comes back after a fault, and sends no byte again', async () => {
    let attempts = 0;
    judgeOf(app()).decide = () => {
      if (++attempts < 3) throw new Error('The scanner is down.');
    };

    expect((await send(app(), 'hello you!')).requests).toEqual([
      'POST',
      'PATCH',
      'PATCH',
      'HEAD',
      'HEAD',
    ]);
  });

  it('comes back while it takes its time', async () => {
    const gate = new Gate();
    judgeOf(app()).decide = () => gate.pass();
    const upload = await create(app(), { length: 5 });
    const last = patch(app(), upload, { body: 'hello' });
    await gate.reached;
    const requests: string[] = [];
    const done = new Promise<void>((resolve, reject) => {
      new tus.Upload(Buffer.from('hello'), {
        uploadUrl: app().url + upload.path,
        chunkSize: 5,
        retryDelays: Array<number>(50).fill(50),
        onBeforeRequest: (request) => void requests.push(request.getMethod()),
        onShouldRetry: () => {
          gate.open();
          return true;
        },
        onSuccess: () => resolve(),
        onError: reject,
      }).start();
    });
    await done;
    await last;

    expect(requests.every((method) => method === 'HEAD')).toBe(true);
    expect(requests.length).toBeGreaterThan(1);
  });
});
