import {
  BadRequestException,
  Body,
  Controller,
  Headers,
  Injectable,
  Req,
  StreamableFile,
} from '@nestjs/common';
import type { INestApplication, PipeTransform } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadCreated,
  TusEndpoint,
  UploadedUpload,
} from '../../lib/index.js';
import type {
  CompleteUpload,
  EndpointBody,
  EndpointUpload,
  FinishAnswer,
  Upload,
  UploadChanges,
  UploadDraft,
} from '../../lib/index.js';
import { FinishedFiles } from '../../lib/uploads/index.js';
import {
  PLATFORMS,
  countDescriptors,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  offsetOf,
  patch,
  post,
  removeTempFolder,
  SeededContent,
  startApp,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { HeaderValues, PlatformName, TestApp } from '../support/index.js';
import { useClock } from '../support/clock.js';
import { WITH_ENDPOINT, askAgain, createAt, endpointOf, sendTo } from './endpoint-controller.js';

describe.each(PLATFORMS)('What the method of an endpoint is given on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });
  let body: EndpointBody;
  beforeEach(() => {
    endpointOf(app()).work = (_upload, request) => {
      ({ body } = request as { body: EndpointBody });
      return 'done';
    };
  });

  it('is all that is known of the upload', async () => {
    const before = Date.now();
    const metadata = { filename: '../Über 1.txt', filetype: 'text/csv' };
    const { id } = await sendTo(app(), 'hello', { metadata });
    const upload = await endpointOf(app()).calls.first((call) => call.id === id);

    expect(upload).toMatchObject({
      id,
      path: join(app().tmpFileDir, id),
      size: 5,
      metadata,
      originalname: upload.filename,
      mimetype: 'text/csv',
      endpoint: 'VideosController#take',
    });
    expect(upload.filename).toBe('Über 1.txt');
    expect(upload.rawMetadata['filetype']!.toString()).toBe('text/csv');
    expect(upload.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(upload.finishedAt.getTime()).toBeGreaterThanOrEqual(upload.createdAt.getTime());
    expect(upload.stream).toBeUndefined();
    expect(await readFile(upload.path, 'utf8')).toBe('hello');
    expect(body).toEqual({ filename: 'Über 1.txt', path: upload.path, size: 5, metadata });
  });

  it.each([
    ['all of a file', 5],
    ['the beginning of a larger one', 10_000],
  ])('has %s in memory, where pipes look for it and nothing else finds it', async (_name, size) => {
    const content = Buffer.alloc(size, 'hello').toString();
    const { id } = await sendTo(app(), content);
    const upload = await endpointOf(app()).calls.first((call) => call.id === id);

    expect(upload.buffer.toString()).toBe(content.slice(0, 4100));
    expect(Object.keys(upload)).not.toContain('buffer');
    expect(JSON.stringify(upload)).not.toContain('buffer');
  });

  it('has names even where the client said nothing', async () => {
    const { id } = await sendTo(app(), 'hello');
    const upload = await endpointOf(app()).calls.first((call) => call.id === id);

    expect(upload).toMatchObject({ originalname: id, mimetype: 'application/octet-stream' });
    expect(upload.filename).toBeUndefined();
    expect(body).toEqual({ filename: id, path: upload.path, size: 5, metadata: {} });
  });
});

/** Comes to its end only after the file's stream has. */
@Injectable()
class Dawdle implements PipeTransform<EndpointUpload> {
  async transform(upload: EndpointUpload): Promise<EndpointUpload> {
    await new Promise((resolve) => upload.stream!.once('close', resolve));
    return upload;
  }
}

@Controller('streams')
class StreamsController {
  @TusEndpoint('whole', { sendFile: true })
  async whole(
    @Req() { body }: { body: Readable },
    @Headers() headers: Record<string, string>,
    @UploadedUpload() upload: EndpointUpload,
  ): Promise<object> {
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk as Buffer);
    return {
      sha256: hash.digest('hex'),
      type: headers['content-type'],
      length: headers['content-length'],
      isStream: upload.stream === body,
    };
  }

  @TusEndpoint('half', { sendFile: true })
  async half(@Req() { body }: { body: Readable }): Promise<string> {
    for await (const _chunk of body) return 'enough';
    return 'nothing';
  }

  @TusEndpoint('ignored', { sendFile: true })
  ignore(): string {
    return 'ignored';
  }

  @TusEndpoint('failed', { sendFile: true })
  fail(): void {
    throw new Error('No thanks.');
  }

  @TusEndpoint('echo', { sendFile: true })
  echo(@Req() { body }: { body: Readable }): StreamableFile {
    return new StreamableFile(body);
  }

  @TusEndpoint('late', { sendFile: true })
  late(@UploadedUpload(Dawdle) { stream }: EndpointUpload): Promise<string> {
    return text(stream!);
  }

  @TusEndpoint('gone', { sendFile: true })
  async goneAfter(@UploadedUpload() { path, stream }: EndpointUpload): Promise<string> {
    if (existsSync(path)) {
      await unlink(path);
      throw new Error('Not now.');
    }
    return text(stream!).catch((error: NodeJS.ErrnoException) => String(error.code));
  }

  @TusEndpoint('default')
  async byDefault(@Body() body: unknown): Promise<object> {
    const isStream = typeof (body as Readable).pipe === 'function';
    return { isStream, text: isStream ? await text(body as Readable) : undefined };
  }

  @TusEndpoint('never', { sendFile: false })
  never(@Body() body: EndpointBody): object {
    return { size: body.size };
  }
}

describe.each(PLATFORMS)('An endpoint that wants the file itself on %s', (platform) => {
  const app = useApp({ platform, controllers: [StreamsController] });
  const content = new SeededContent('endpoint', 500_000);
  const send = async (path: string) => {
    const metadata = { filename: 'a.csv', filetype: 'text/csv' };
    const upload = await create(app(), { path, length: content.length, metadata });
    return { ...upload, answer: await patch(app(), upload, { body: content.bytes() }) };
  };

  it('has it as the body, with its type and length on the request', async () => {
    const { answer } = await send('/streams/whole');

    expect(JSON.parse(answer.text)).toEqual({
      sha256: content.sha256(),
      type: 'text/csv',
      length: String(content.length),
      isStream: true,
    });
  });

  it('may send it back, however long it is', async () => {
    const { answer } = await send('/streams/echo');

    expect(answer.status).toBe(200);
    expect(answer.body.equals(content.bytes())).toBe(true);
  });

  it('sends it back without a warning of Node', async () => {
    const warnings: string[] = [];
    const keep = ({ name }: Error) => void warnings.push(name);
    process.on('warning', keep);
    await send('/streams/echo');
    await new Promise(setImmediate);
    process.off('warning', keep);
    expect(warnings).toEqual([]);
  });

  it('leaves no file open, whatever it does with it', async () => {
    await send('/streams/whole');
    const before = await countDescriptors();

    for (let round = 0; round < 5; round++) {
      for (const name of ['whole', 'half', 'ignored', 'failed', 'echo']) {
        const { answer } = await send(`/streams/${name}`);
        expect(answer.status).toBe(name === 'failed' ? 500 : 200);
      }
    }

    // A connection or two may still be closing; a leak would be ten times that.
    if (before === undefined) return;
    await eventually(async () => expect(await countDescriptors()).toBeLessThanOrEqual(before + 2));
  });

  it('is told in reading it, however late, that it could not be opened', async () => {
    const files = app().nest.get(FinishedFiles, { strict: false });
    const typeOf = files.typeOf.bind(files);
    // The last look at the file before it is opened for the method.
    files.typeOf = async (record, start) => {
      const type = await typeOf(record, start);
      await unlink(files.locate(record).path);
      return type;
    };

    const { answer } = await send('/streams/late');
    files.typeOf = typeOf;

    expect(answer.status).toBe(500);
    expect(app().logs.errors().join()).toContain('ENOENT');
  });

  it('is told in reading it that it was removed when it ran before', async () => {
    const { path } = await sendTo(app(), 'hello', { path: '/streams/gone' });

    expect((await askAgain(app(), { path }, 5)).text).toBe('ENOENT');
  });

  it('is not given it unless it wants it', async () => {
    const { answer } = await sendTo(app(), 'hello', { path: '/streams/default' });

    expect(JSON.parse(answer.text)).toEqual({ isStream: false });
  });
});

describe.each(PLATFORMS)('The sendFile option of the module on %s', (platform) => {
  const app = useApp({ platform, controllers: [StreamsController], tus: { sendFile: true } });

  it('counts where the endpoint says nothing', async () => {
    const byDefault = await sendTo(app(), 'hello', { path: '/streams/default' });
    const never = await sendTo(app(), 'hello', { path: '/streams/never' });

    expect(JSON.parse(byDefault.answer.text)).toEqual({ isStream: true, text: 'hello' });
    expect(JSON.parse(never.answer.text)).toEqual({ size: 5 });
  });
});

describe.each(PLATFORMS)('Uploads of an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    ...WITH_ENDPOINT,
    tus: { owner: (request) => (request as { headers: HeaderValues }).headers['x-user'] as string },
  });

  it('are not there on the upload path, nor the other way round', async () => {
    const video = await createAt(app(), 5);
    const file = await create(app(), { length: 5 });
    const strayed = [{ path: `/files/${video.id}` }, { path: `/videos/${file.id}` }];

    for (const upload of strayed) {
      expectHeadRefused(await head(app(), upload), 404);
      expectRefused(await patch(app(), upload, { body: 'hello' }), 404);
      expectRefused(await terminate(app(), upload), 404);
    }
    expect(await offsetOf(app(), video)).toBe(0);
    expect(await offsetOf(app(), file)).toBe(0);
  });

  it('cannot be put together from parts of somewhere else', async () => {
    const headers = { 'Upload-Concat': 'partial' };
    const part = await create(app(), { length: 5, body: 'hello', headers });

    const concat = { 'Upload-Concat': `final;${part.path}`, 'Upload-Defer-Length': undefined };
    expectRefused(await post(app(), { path: '/videos', headers: concat }), 400);
    const moved = {
      'Upload-Concat': `final;/videos/${part.id}`,
      'Upload-Defer-Length': undefined,
    };
    expectRefused(await post(app(), { path: '/videos', headers: moved }), 400);
  });

  it('belong to whom the owner option says', async () => {
    const ada = { 'X-User': 'ada' };
    const { id, path, answer } = await sendTo(app(), 'hello', { headers: ada });

    expect(answer.status).toBe(200);
    expect(await app().tus.find(id)).toMatchObject({ owner: 'ada' });
    expectHeadRefused(await head(app(), { path }, { 'X-User': 'bob' }), 404);
    expectRefused(await askAgain(app(), { path }, 5), 404);
    expect((await head(app(), { path }, ada)).headers['upload-offset']).toBe('5');
  });

  it('are told to no handler of finished uploads', async () => {
    const { id } = await sendTo(app(), 'hello');
    const other = await uploadWhole(app(), 'hello');
    await app().finished.of(other.id);

    expect(app().finished.countOf(id)).toBe(0);
    expect((await app().tus.deliveries({ uploadId: id })).items).toEqual([]);
  });

  it('are known to the service as any other', async () => {
    const { id } = await sendTo(app(), 'hello');

    expect(await app().tus.find(id)).toMatchObject({
      state: 'finished',
      endpoint: 'VideosController#take',
      offset: 5,
      path: join(app().tmpFileDir, id),
    });
  });

  it('may be checked and terminated', async () => {
    const upload = await createAt(app(), 10);
    const wrong = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}` },
    });
    const sha1 = createHash('sha1').update('hello').digest('base64');
    const right = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Checksum': `sha1 ${sha1}` },
    });
    const ended = await terminate(app(), upload);

    expect([wrong.status, wrong.reason]).toEqual([460, 'Checksum Mismatch']);
    expect([right.status, ended.status]).toEqual([204, 204]);
    expectHeadRefused(await head(app(), upload), 410);
    expect(endpointOf(app()).countOf(upload.id)).toBe(0);
  });

  it('of which the last chunk is damaged are not finished by it', async () => {
    const upload = await createAt(app(), 5);
    const body = 'hello';
    const wrong = await patch(app(), upload, {
      body,
      headers: { 'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}` },
    });

    expectRefused(wrong, 460);
    expect(endpointOf(app()).countOf(upload.id)).toBe(0);
    expect((await patch(app(), upload, { body })).text).toBe('{"size":5}');
  });
});

/** What the hooks of an app say, and were asked. */
@Injectable()
class Hooks {
  readonly asked: string[] = [];
  onCreate: (draft: UploadDraft) => UploadChanges | undefined = () => undefined;
  onFinish: (upload: CompleteUpload) => FinishAnswer | undefined = () => undefined;

  @BeforeUploadCreate()
  create(draft: UploadDraft): UploadChanges | undefined {
    this.asked.push(`create ${draft.endpoint}`);
    return this.onCreate(draft);
  }

  @BeforeUploadFinish()
  finish(upload: CompleteUpload): FinishAnswer | undefined {
    this.asked.push(`finish ${upload.endpoint} ${upload.size}`);
    return this.onFinish(upload);
  }

  @BeforeUploadFinish({
    quarantine: true,
    when: ({ metadata }) => metadata.filename === 'odd',
  })
  scan(): never {
    throw new BadRequestException('Odd.');
  }

  @OnUploadCreated()
  created({ endpoint }: Upload): void {
    this.asked.push(`created ${endpoint}`);
  }
}

describe.each(PLATFORMS)('Hooks and an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: WITH_ENDPOINT.controllers,
    providers: [...WITH_ENDPOINT.providers, Hooks],
  });
  const hooks = () => app().nest.get(Hooks);
  beforeEach(() => {
    hooks().asked.length = 0;
    hooks().onCreate = () => undefined;
    hooks().onFinish = () => undefined;
  });

  it('know each other', async () => {
    await sendTo(app(), 'hello');

    const name = 'VideosController#take';
    expect(hooks().asked).toEqual([`create ${name}`, `created ${name}`, `finish ${name} 5`]);
  });

  it('both have their say in the answer, now and later', async () => {
    hooks().onFinish = () => ({ headers: { 'X-Scan': 'clean' } });

    const { id, path, answer } = await sendTo(app(), 'hello');
    const again = await askAgain(app(), { path }, 5);

    expect(endpointOf(app()).countOf(id)).toBe(1);
    for (const { status, text, headers } of [answer, again]) {
      expect([status, text]).toEqual([200, '{"size":5}']);
      expect(headers['x-scan']).toBe('clean');
    }
  });

  it('may refuse before the method is asked', async () => {
    hooks().onFinish = () => {
      throw new TypeError('A virus.');
    };
    const { id, path, answer } = await sendTo(app(), 'hello');
    hooks().onFinish = () => undefined;

    expect(answer.status).toBe(500);
    expect(endpointOf(app()).countOf(id)).toBe(0);
    expect(await offsetOf(app(), { path })).toBe(5);
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('may keep it from the method until it is released', async () => {
    const { id, path, answer } = await sendTo(app(), 'hello', { metadata: { filename: 'odd' } });
    expect([answer.status, endpointOf(app()).countOf(id)]).toEqual([400, 0]);

    await app().tus.release(id);

    expect((await askAgain(app(), { path }, 5)).text).toBe('{"size":5}');
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('may say where the file is to lie', async () => {
    hooks().onCreate = () => ({ path: 'shelf/a.txt' });

    const { id } = await sendTo(app(), 'hello');
    const upload = await endpointOf(app()).calls.first((call) => call.id === id);

    expect(upload.path).toBe(join(app().tmpFileDir, 'shelf/a.txt'));
    expect(await readFile(upload.path, 'utf8')).toBe('hello');
  });
});

describe.each(PLATFORMS)('An upload whose endpoint has not answered on %s', (platform) => {
  const clock = useClock();

  it('expires like an unfinished one', async () => {
    const app = await startApp({ platform, ...WITH_ENDPOINT, tus: { uploadValidDuration: 60 } });
    endpointOf(app).work = () => Promise.reject(new Error('Not now.'));
    const failed = await sendTo(app, 'hello');
    endpointOf(app).work = () => 'done';
    const answered = await sendTo(app, 'hello');

    clock.advance(59_000);
    expect(await app.tus.cleanup()).toMatchObject({ expired: 0 });
    clock.advance(2_000);
    expect(await app.tus.cleanup()).toMatchObject({ expired: 1 });

    expectHeadRefused(await head(app, failed), 410);
    expect(await offsetOf(app, answered)).toBe(5);
    const files = await listFiles(app.tmpFileDir);
    expect([files.includes(failed.id), files.includes(answered.id)]).toEqual([false, true]);
    expect(endpointOf(app).countOf(failed.id)).toBe(1);
    await app.close();
  });

  it('is answered after a restart, by the next request', async () => {
    const tmpFileDir = await makeTempFolder();
    const first = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    endpointOf(first).work = () => Promise.reject(new Error('Not now.'));
    const { id, path } = await sendTo(first, 'hello');
    await first.close();

    const second = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    expect(endpointOf(second).countOf(id)).toBe(0);
    expect((await askAgain(second, { path }, 5)).text).toBe('{"size":5}');
    expect(endpointOf(second).countOf(id)).toBe(1);
    await second.close();
    await removeTempFolder(tmpFileDir);
  });
});

/** The ways a method can do away with the file. */
const REMOVALS: [name: string, remove: (app: TestApp, upload: EndpointUpload) => Promise<void>][] =
  [
    ['cleanupFile()', (app, { id }) => app.tus.cleanupFile(id)],
    ['unlink()', (_app, { path }) => unlink(path)],
    [
      'moveTo() and unlink()',
      async (app, { id, path }) => unlink(await app.tus.moveTo(id, `${path}.moved`)),
    ],
  ];

describe.each(PLATFORMS)(
  'The method of an endpoint that has removed the file on %s',
  (platform) => {
    const sendFile = platform === 'express';
    const app = useApp({ platform, ...WITH_ENDPOINT, tus: { sendFile } });

    it.each(REMOVALS)('by %s is repeated after a fault', async (_name, remove) => {
      const endpoint = endpointOf(app());
      endpoint.work = async (upload) => {
        await remove(app(), upload);
        throw new Error('Not now.');
      };
      const { id, path } = await sendTo(app(), 'hello', { metadata: { filetype: 'text/csv' } });
      await app().tus.cleanup();
      endpoint.work = ({ size, mimetype }) => ({ size, mimetype });

      expect(await offsetOf(app(), { path })).toBe(5);
      const again = await askAgain(app(), { path }, 5);
      expect([again.status, again.text]).toEqual([200, '{"size":5,"mimetype":"text/csv"}']);
      expect(endpoint.countOf(id)).toBe(2);
    });
  },
);

describe.each(PLATFORMS)('afterDelivery: remove, and an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    ...WITH_ENDPOINT,
    tus: { delivery: { afterDelivery: 'remove' } },
  });

  it('removes the file once the method has answered', async () => {
    let wasThere = false;
    endpointOf(app()).work = ({ path }) => {
      wasThere = existsSync(path);
      return 'done';
    };
    const { id, path, answer } = await sendTo(app(), 'hello');

    expect([wasThere, answer.text]).toEqual([true, 'done']);
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
    expect(await offsetOf(app(), { path })).toBe(5);
    expect((await askAgain(app(), { path }, 5)).text).toBe('done');
  });

  it('leaves a file that was moved away, and one whose method failed', async () => {
    endpointOf(app()).work = ({ id, path }) => app().tus.moveTo(id, `${path}.moved`);
    const moved = await sendTo(app(), 'hello');
    endpointOf(app()).work = () => Promise.reject(new Error('Not now.'));
    const failed = await sendTo(app(), 'hello');

    expect(existsSync(moved.answer.text)).toBe(true);
    expect(await listFiles(app().tmpFileDir)).toContain(failed.id);
  });

  it('does not mind a method that has removed the file itself', async () => {
    endpointOf(app()).work = async ({ id }) => {
      await app().tus.cleanupFile(id);
      return 'done';
    };
    const { path, answer } = await sendTo(app(), 'hello');

    expect([answer.status, answer.text]).toEqual([200, 'done']);
    expect((await askAgain(app(), { path }, 5)).text).toBe('done');
  });

  it('does not mind a method that has ended the upload itself', async () => {
    endpointOf(app()).work = async ({ id }) => {
      await app().tus.terminate(id);
      return 'done';
    };
    const { id, path, answer } = await sendTo(app(), 'hello');

    expect([answer.status, answer.text]).toEqual([200, 'done']);
    expect((await askAgain(app(), { path }, 5)).status).toBe(410);
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
  });
});

const onExpress = (app: INestApplication): NestExpressApplication => app as NestExpressApplication;
const onFastify = (app: INestApplication): NestFastifyApplication => app as NestFastifyApplication;

/** Parsers that take whatever they get. */
const GREEDY: Record<PlatformName, (app: INestApplication) => void> = {
  express: (app) => {
    onExpress(app).useBodyParser('raw', { type: '*/*', limit: '10mb' });
    onExpress(app).useBodyParser('text', { type: () => true });
  },
  fastify: (app) => {
    onFastify(app).useBodyParser('*');
    onFastify(app).useBodyParser(/^multipart\/form-data/);
  },
};

describe.each(PLATFORMS)('Parsers that read every body on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT, configure: GREEDY[platform] });

  it('leave those of an endpoint alone', async () => {
    const content = Buffer.alloc(3_000_000, 'abc');
    const upload = await createAt(app(), content.length, { body: content.subarray(0, 10) });
    const answer = await patch(app(), upload, { offset: 10, body: [content.subarray(10)] });
    const form = await createAt(app(), 5);
    const refused = await patch(app(), form, {
      body: '--x\r\n\r\nhello\r\n--x--\r\n',
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    });

    expect(JSON.parse(answer.text)).toEqual({ size: content.length });
    expect((await readFile(join(app().tmpFileDir, upload.id))).equals(content)).toBe(true);
    expectRefused(refused, 415);
    expect(await offsetOf(app(), form)).toBe(0);
  });
});
