import {
  BadRequestException,
  HttpException,
  StreamableFile,
  ServiceUnavailableException,
  type INestApplication,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import compression from 'compression';
import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { defer, from, Observable } from 'rxjs';
import {
  PLATFORMS,
  TUS,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  offsetOf,
  OCTETS,
  patch,
  removeTempFolder,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, HttpResponse, PlatformName, TestApp } from '../support/index.js';
import {
  WITH_ENDPOINT,
  askAgain,
  createAt,
  endpointOf,
  sendAndStay,
  sendTo,
  type SentUpload,
} from './endpoint-controller.js';
import { Gate } from '../support/gate.js';

/** Headers that are those of one response. */
const PASSING = ['date', 'connection', 'keep-alive'];

/** What of an answer must be the same when it is given again. */
function essence({ status, headers, text }: HttpResponse): object {
  const rest = Object.entries(headers).filter(([name]) => !PASSING.includes(name));
  return { status, headers: Object.fromEntries(rest), text };
}

/** The ways a client can bring the last byte. */
const WAYS: [name: string, send: (app: TestApp) => Promise<SentUpload>][] = [
  ['one PATCH', (app) => sendTo(app, 'hello world')],
  [
    'several chunks',
    async (app) => {
      const upload = await createAt(app, 11);
      const first = await patch(app, upload, { body: 'hello' });
      expect([first.status, first.text]).toEqual([204, '']);
      expect(endpointOf(app).countOf(upload.id)).toBe(0);
      const answer = await patch(app, upload, { offset: 5, body: ' world' });
      return { ...upload, answer };
    },
  ],
  [
    'a length that is told at the end',
    async (app) => {
      const upload = await createAt(app);
      await patch(app, upload, { body: 'hello' });
      const headers = { 'Upload-Length': '11' };
      const answer = await patch(app, upload, { offset: 5, body: ' world', headers });
      return { ...upload, answer };
    },
  ],
  [
    'the creation itself',
    async (app) => {
      const upload = await createAt(app, 11, { body: 'hello world' });
      return { ...upload, answer: upload.response };
    },
  ],
  [
    'a creation of a part of them',
    async (app) => {
      const upload = await createAt(app, 11, { body: 'hello' });
      expect([upload.response.status, upload.response.text]).toEqual([201, '']);
      return { ...upload, answer: await patch(app, upload, { offset: 5, body: ' world' }) };
    },
  ],
  ['parts that are put together', (app) => sendInParts(app, ['hello', ' world'])],
  [
    'X-HTTP-Method-Override',
    async (app) => {
      const upload = await createAt(app, 11);
      const answer = await app.request({
        method: 'POST',
        path: upload.path,
        headers: {
          ...TUS,
          'X-HTTP-Method-Override': 'PATCH',
          'Content-Type': OCTETS,
          'Upload-Offset': '0',
        },
        body: 'hello world',
      });
      return { ...upload, answer };
    },
  ],
];

/** tus 1.0 §Concatenation. */
async function sendInParts(app: TestApp, contents: readonly string[]): Promise<SentUpload> {
  const parts: CreatedUpload[] = [];
  for (const body of contents) {
    const headers = { 'Upload-Concat': 'partial' };
    parts.push(await createAt(app, body.length, { body, headers }));
  }
  const concat = `final;${parts.map(({ path }) => path).join(' ')}`;
  const headers = { 'Upload-Concat': concat, 'Upload-Defer-Length': undefined };
  const upload = await createAt(app, undefined, { headers });
  for (const part of parts) expect(endpointOf(app).countOf(part.id)).toBe(0);
  return { ...upload, answer: upload.response };
}

/** Has an app compress its answers, as apps on each platform do. */
const COMPRESSED: Record<PlatformName, (nest: INestApplication) => void> = {
  express: (nest) => void nest.use(compression({ threshold: 0 })),
  fastify: (nest) => {
    const fastify = (nest as NestFastifyApplication).getHttpAdapter().getInstance();
    fastify.addHook('onSend', async ({ headers }, reply, payload) => {
      if (!headers['accept-encoding']?.includes('gzip') || typeof payload !== 'string')
        return payload;
      void reply.header('Content-Encoding', 'gzip').removeHeader('Content-Length');
      return gzipSync(payload);
    });
  },
};

describe.each(PLATFORMS)('An endpoint of an app that compresses on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT, configure: COMPRESSED[platform] });

  it('keeps its answer for clients that take it plain only', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const upload = await createAt(app(), 5);
    await patch(app(), upload, { body: 'hello', headers });

    const again = await askAgain(app(), upload, 5);

    expect(again.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(again.text)).toEqual({ size: 5 });
  });
});

describe.each(PLATFORMS)('The method of an endpoint on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });
  beforeEach(() => {
    endpointOf(app()).work = ({ size }) => ({ size });
  });

  it.each(WAYS)('runs once for %s, and its result is the answer', async (_name, send) => {
    const { id, path, answer } = await send(app());

    expect(answer.status).toBe(path === answer.headers.location ? 201 : 200);
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
    expect(JSON.parse(answer.text)).toEqual({ size: 11 });
    expect(answer.headers['tus-resumable']).toBe('1.0.0');
    expect(await offsetOf(app(), { path })).toBe(11);
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('runs once for an upload without a byte', async () => {
    const { id, path, response } = await createAt(app(), 0);

    expect(response.status).toBe(201);
    expect(JSON.parse(response.text)).toEqual({ size: 0 });
    expect(await offsetOf(app(), { path })).toBe(0);
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('says where the upload ends, and no more when it expires', async () => {
    const { answer } = await sendTo(app(), 'hello');

    expect(answer.headers['upload-offset']).toBe('5');
    expect(answer.headers['upload-expires']).toBeUndefined();
  });

  it.each<[name: string, value: unknown, status: number, type: RegExp | undefined, text: string]>([
    ['an object', { a: [1] }, 200, /^application\/json\b/, '{"a":[1]}'],
    ['a promise', Promise.resolve({ a: 1 }), 200, /^application\/json\b/, '{"a":1}'],
    ['an observable', from(['a', 'b']), 200, /^text\//, 'b'],
    ['text', 'thanks – merci', 200, /^text\//, 'thanks – merci'],
    ['nothing', undefined, 204, undefined, ''],
  ])('may return %s', async (_name, value, status, type, text) => {
    endpointOf(app()).work = () => value;

    const { id, path, answer } = await sendTo(app(), 'hello');
    const again = await askAgain(app(), { path }, 5);

    expect([answer.status, answer.text]).toEqual([status, text]);
    if (type) expect(answer.headers['content-type']).toMatch(type);
    expect(essence(again)).toEqual(essence(answer));
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('may return a file', async () => {
    const content = randomBytes(1000);
    endpointOf(app()).work = () =>
      new StreamableFile(content, { type: 'image/png', disposition: 'inline' });

    const { path, answer } = await sendTo(app(), 'hello');
    const again = await askAgain(app(), { path }, 5);

    for (const { status, headers, body } of [answer, again]) {
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('image/png');
      expect(headers['content-disposition']).toBe('inline');
      expect(body.equals(content)).toBe(true);
    }
  });

  it.each<[name: string, answerOf: (content: Buffer) => unknown]>([
    ['text', (content) => content.toString('hex')],
    ['a file', (content) => new StreamableFile(Buffer.from(content.toString('hex')))],
    [
      'a stream of unknown length',
      (content) => new StreamableFile(Readable.from(halves(content.toString('hex')))),
    ],
  ])('may return more than is kept, as %s, which is sent once', async (_name, answerOf) => {
    const content = randomBytes(300_000);
    endpointOf(app()).work = () => answerOf(content);

    const { id, path, answer } = await sendTo(app(), 'hello');
    const again = await askAgain(app(), { path }, 5);

    expect(answer.status).toBe(200);
    expect(answer.text === content.toString('hex')).toBe(true);
    expect([again.status, again.text]).toEqual([200, '']);
    expect(endpointOf(app()).countOf(id)).toBe(1);
    expect(app().logs.of('warn').join()).toContain(`Upload ${id}: its answer is too long`);
  });

  it('is answered again word by word, also after a restart', async () => {
    const tmpFileDir = await makeTempFolder();
    const first = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    endpointOf(first).work = ({ id }) => ({ id, at: Date.now() });
    const { id, path, answer } = await sendTo(first, 'hello');
    const again = await askAgain(first, { path }, 5);
    await first.close();

    const second = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    const restarted = await askAgain(second, { path }, 5);

    expect(JSON.parse(answer.text)).toMatchObject({ id });
    expect(essence(again)).toEqual(essence(answer));
    expect(essence(restarted)).toEqual(essence(answer));
    expect(await offsetOf(second, { path })).toBe(5);
    expect(endpointOf(second).calls.all).toEqual([]);
    await second.close();
    await removeTempFolder(tmpFileDir);
  });

  it('is never asked again for an answer that was given', async () => {
    const { id, path, answer } = await sendTo(app(), 'hello');

    const later = [
      await askAgain(app(), { path }, 5),
      await askAgain(app(), { path }, 5),
      await patch(app(), { path }, { offset: 5, body: [''] }),
    ];

    for (const response of later) expect(essence(response)).toEqual(essence(answer));
    expectRefused(await patch(app(), { path }, { offset: 0, body: 'hello' }), 409);
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });
});

async function* halves(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text.slice(0, text.length / 2));
  await Promise.resolve();
  yield Buffer.from(text.slice(text.length / 2));
}

describe.each(PLATFORMS)('The method of an endpoint that throws on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it('a status from 400 to 499 refuses the upload, which is removed', async () => {
    endpointOf(app()).work = () => {
      throw new BadRequestException('No cats.');
    };

    const { id, path, answer } = await sendTo(app(), 'hello');

    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      400,
      { statusCode: 400, error: 'Bad Request', message: 'No cats.' },
    ]);
    expect(answer.headers['upload-offset']).toBeUndefined();
    expect(answer.headers['tus-resumable']).toBe('1.0.0');
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
    expect((await app().tus.find(id))?.state).toBe('terminated');
    expect(essence(await askAgain(app(), { path }, 5))).toEqual(essence(answer));
    expectHeadRefused(await head(app(), { path }), 400);
    expect(endpointOf(app()).countOf(id)).toBe(1);
  });

  it('a refusal of a creation with all bytes names no upload', async () => {
    endpointOf(app()).work = () => {
      throw new BadRequestException('No cats.');
    };

    const response = await app().request({
      method: 'POST',
      path: '/videos',
      headers: { ...TUS, 'Upload-Length': '5', 'Content-Type': OCTETS },
      body: 'hello',
    });

    expect(response.status).toBe(400);
    expect(response.headers.location).toBeUndefined();
    expect((await app().tus.list({ state: 'receiving' })).items).toEqual([]);
    expect((await app().tus.list({ state: 'finished' })).items).toEqual([]);
  });

  it('a refusal is given again after a restart', async () => {
    const tmpFileDir = await makeTempFolder();
    const first = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    endpointOf(first).work = () => Promise.reject(new HttpException({ code: 7 }, 451));
    const { path, answer } = await sendTo(first, 'hello');
    await first.close();

    const second = await startApp({ platform, tmpFileDir, ...WITH_ENDPOINT });
    const again = await askAgain(second, { path }, 5);

    expect([answer.status, answer.text]).toEqual([451, '{"code":7}']);
    expect(essence(again)).toEqual(essence(answer));
    await second.close();
    await removeTempFolder(tmpFileDir);
  });

  it.each([
    ['an Error', new Error('The disk of the other service is full.'), 500],
    ['503', new ServiceUnavailableException('Later.'), 503],
    ['408', new HttpException('Too slow.', 408), 408],
    ['423', new HttpException('Locked.', 423), 423],
    ['425', new HttpException('Too early.', 425), 425],
    ['429', new HttpException('Too many.', 429), 429],
  ])('%s leaves the upload, and runs again at the next request', async (_name, error, status) => {
    const endpoint = endpointOf(app());
    endpoint.work = () => Promise.reject(error);
    const { id, path, answer } = await sendTo(app(), 'hello');
    const asked = await head(app(), { path });
    endpoint.work = ({ size }) => ({ size });

    const again = await askAgain(app(), { path }, 5);

    expect(answer.status).toBe(status);
    expect(answer.headers['upload-offset']).toBeUndefined();
    expectHeadRefused(asked, 423);
    expect(asked.headers['retry-after']).toBe('1');
    expect([again.status, again.text]).toEqual([200, '{"size":5}']);
    expect(endpoint.countOf(id)).toBe(3);
    expect(await offsetOf(app(), { path })).toBe(5);
    expect(endpoint.countOf(id)).toBe(3);
  });

  it('a fault during a creation with all bytes leaves an upload that can be asked for', async () => {
    const endpoint = endpointOf(app());
    endpoint.work = () => Promise.reject(new Error('Out of luck.'));
    const response = await app().request({
      method: 'POST',
      path: '/videos',
      headers: { ...TUS, 'Upload-Length': '5', 'Content-Type': OCTETS },
      body: 'hello',
    });
    endpoint.work = ({ size }) => ({ size });

    expect(response.status).toBe(500);
    const path = response.headers.location!;
    expect((await head(app(), { path })).headers['upload-offset']).toBe('5');
    expect([(await askAgain(app(), { path }, 5)).status]).toEqual([200]);
  });

  it('runs again for a HEAD, after which the client need not ask for anything', async () => {
    const endpoint = endpointOf(app());
    endpoint.work = () => Promise.reject(new Error('Out of luck.'));
    const { id, path } = await sendTo(app(), 'hello');
    endpoint.work = ({ size }) => ({ size });

    expect(await offsetOf(app(), { path })).toBe(5);
    expect((await askAgain(app(), { path }, 5)).status).toBe(200);
    expect(endpoint.countOf(id)).toBe(2);
  });

  it('has its fault logged once', async () => {
    const reason = `fault on ${platform}`;
    endpointOf(app()).work = () => Promise.reject(new Error(reason));

    await sendTo(app(), 'hello');

    expect(
      app()
        .logs.errors()
        .filter((line) => line.includes(reason)),
    ).toHaveLength(1);
  });

  it('an error of TusService is a fault, which leaves the upload', async () => {
    endpointOf(app()).work = () => app().tus.cleanupFile('0'.repeat(32));

    const { id, path, answer } = await sendTo(app(), 'hello');
    endpointOf(app()).work = ({ size }) => ({ size });

    expect(answer.status).toBe(500);
    expect(await listFiles(app().tmpFileDir)).toContain(id);
    expect((await askAgain(app(), { path }, 5)).text).toBe('{"size":5}');
  });
});

describe.each(PLATFORMS)('While the method of an endpoint runs on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it('other requests on the upload are told to come again, at once', async () => {
    const gate = new Gate();
    endpointOf(app()).work = async () => {
      await gate.pass();
      return 'done';
    };
    const upload = await createAt(app(), 5);
    const sending = patch(app(), upload, { body: 'hello' });
    await gate.reached;

    const asked = await head(app(), upload);
    const others = [await askAgain(app(), upload, 5), await terminate(app(), upload)];
    gate.open();

    expectHeadRefused(asked, 423);
    for (const response of others) expectRefused(response, 423);
    for (const { headers } of [asked, ...others]) expect(headers['retry-after']).toBe('1');
    expect([(await sending).status, (await sending).text]).toEqual([200, 'done']);
    expect(endpointOf(app()).countOf(upload.id)).toBe(1);
    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await terminate(app(), upload)).status).toBe(204);
  });

  it('other uploads go on', async () => {
    const gate = new Gate();
    const slow = await createAt(app(), 5);
    endpointOf(app()).work = async ({ id }) => {
      if (id === slow.id) await gate.pass();
      return 'done';
    };
    const sending = patch(app(), slow, { body: 'hello' });
    await gate.reached;

    expect((await sendTo(app(), 'hello')).answer.text).toBe('done');
    gate.open();
    expect((await sending).text).toBe('done');
  });

  it('the upload may be read, moved and cleaned up', async () => {
    endpointOf(app()).work = async ({ id, path }) => {
      const { tus } = app();
      const found = await tus.find(id);
      const moved = await tus.moveTo(id, `${path}.moved`);
      return { state: found?.state, moved, same: await tus.getFilepath(id) };
    };

    const { id, path, answer } = await sendTo(app(), 'hello');

    const moved = `${app().tmpFileDir}/${id}.moved`;
    expect(JSON.parse(answer.text)).toEqual({ state: 'finished', moved, same: moved });
    expect(existsSync(moved)).toBe(true);
    expect(await offsetOf(app(), { path })).toBe(5);
  });

  it('the upload may be terminated, and is then gone for its client', async () => {
    endpointOf(app()).work = async ({ id }) => {
      await app().tus.terminate(id);
      return 'taken';
    };

    const { id, path, answer } = await sendTo(app(), 'hello');

    expect([answer.status, answer.text]).toEqual([200, 'taken']);
    expectHeadRefused(await head(app(), { path }), 410);
    expect((await app().tus.find(id))?.state).toBe('terminated');
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
  });

  it('the upload may be terminated and then refused, and its end is told once', async () => {
    const told: string[] = [];
    const subscription = app().tus.events$.subscribe(({ type }) => {
      // How often is a matter of the time that it takes.
      if (type !== 'progress') told.push(type);
    });
    endpointOf(app()).work = async ({ id }) => {
      await app().tus.terminate(id);
      throw new BadRequestException('No cats.');
    };

    const { path, answer } = await sendTo(app(), 'hello');
    const again = await askAgain(app(), { path }, 5);
    subscription.unsubscribe();

    expect(answer.status).toBe(400);
    expect(essence(again)).toEqual(essence(answer));
    expect(told).toEqual(['created', 'finished', 'terminated']);
  });
});

/** What a method may return, late. */
const LATE: [name: string, late: (opened: Promise<void>) => unknown][] = [
  ['a promise', async (opened) => opened.then(() => 'done')],
  [
    'a file',
    async (opened) => {
      await opened;
      return new StreamableFile(Buffer.from('done'));
    },
  ],
  ['a stream', (opened) => new StreamableFile(Readable.from(slowly(opened)))],
  ['an observable', (opened) => defer(() => opened.then(() => 'done'))],
  [
    'an observable that has told something before',
    (opened) =>
      new Observable((subscriber) => {
        subscriber.next('soon');
        void opened.then(() => {
          subscriber.next('done');
          subscriber.complete();
        });
      }),
  ],
];

describe.each(PLATFORMS)('A client that leaves while the method runs on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it.each(LATE)('finds its upload complete when it comes back (%s)', async (_name, late) => {
    const endpoint = endpointOf(app());
    const gate = new Gate();
    endpoint.work = () => late(gate.pass());
    const upload = await createAt(app(), 5);
    const leave = await sendAndStay(app(), upload, 'hello');
    await gate.reached;
    await leave();

    gate.open();
    endpoint.work = () => 'done';

    await eventually(async () => expect(await offsetOf(app(), upload)).toBe(5));
    expect((await askAgain(app(), upload, 5)).status).toBe(200);
  });
});

describe.each(PLATFORMS)('A client that leaves before a file is returned on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it.each<[name: string, file: (gate: Gate) => Promise<StreamableFile> | StreamableFile]>([
    [
      'before',
      async (gate) => {
        await gate.pass();
        return new StreamableFile(Readable.from(slowly(Promise.resolve())));
      },
    ],
    ['while', (gate) => new StreamableFile(Readable.from(slowly(gate.pass())))],
  ])('is given it when it comes back (%s it is made)', async (_name, file) => {
    const gate = new Gate();
    endpointOf(app()).work = () => file(gate);
    const upload = await createAt(app(), 5);
    const leave = await sendAndStay(app(), upload, 'hello');
    await gate.reached;
    await leave();

    gate.open();

    await eventually(async () => expect(await offsetOf(app(), upload)).toBe(5));
    expect((await askAgain(app(), upload, 5)).text).toBe('done');
    expect(endpointOf(app()).countOf(upload.id)).toBe(1);
    expect(app().logs.of('warn')).toEqual([]);
  });
});

async function* slowly(opened: Promise<void>): AsyncGenerator<Buffer> {
  yield Buffer.from('do');
  await opened;
  yield Buffer.from('ne');
}
