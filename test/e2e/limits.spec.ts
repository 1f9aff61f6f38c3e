import { BadRequestException, ForbiddenException } from '@nestjs/common';
import { IsIn, IsNotEmpty, MaxLength } from 'class-validator';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  rawHead,
  startApp,
  storedBytes,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, CreateOptions, HttpResponse, TestApp } from '../support/index.js';

const KIB = 1024;
const MIB = 1024 * KIB;

type Metadata = CreateOptions['metadata'];

/** What an app holds: its uploads, and the files in their folder. */
async function held(app: TestApp): Promise<{ uploads: string[]; files: string[] }> {
  const { items } = await app.tus.list({ limit: 1000 });
  const files = await listFiles(app.tmpFileDir);
  return {
    uploads: items.map(({ id }) => id),
    files: files.filter((file) => !file.startsWith('.tus')),
  };
}

/** Expects a refusal that leaves everything as it was. */
async function expectNothingCreated(
  app: TestApp,
  ask: () => Promise<HttpResponse>,
  status: number,
): Promise<string> {
  const before = await held(app);
  const response = await ask();
  expectRefused(response, status);
  expect(await held(app)).toEqual(before);
  return response.text.trim();
}

describe.each(PLATFORMS)('maxSize as a function of the request on %s', (platform) => {
  const sizes: Record<string, unknown> = {
    small: 10,
    text: '1KB',
    wrong: 'lots',
    negative: -1,
    nothing: null,
  };
  const maxSize = (request: IncomingMessage) => {
    const plan = request.headers['x-plan']?.toString() ?? '';
    if (plan === 'banned') throw new ForbiddenException('You are banned.');
    if (plan === 'broken') throw new Error('The plans cannot be read.');
    return plan === 'later' ? Promise.resolve(10) : (sizes[plan] as number | undefined);
  };
  const app = useApp({ platform, tus: { maxSize, durability: 'none' } });
  const as = (plan: string) => ({ 'X-Plan': plan });

  it('tells nothing to OPTIONS, for it differs', async () => {
    const { headers } = await app().request({ method: 'OPTIONS', path: '/files' });

    expect(headers['tus-version']).toBe('1.0.0');
    expect(headers).not.toHaveProperty('tus-max-size');
  });

  it.each([
    ['small', 10],
    ['later', 10],
    ['text', KIB],
  ])('limits the plan "%s" to %i bytes', async (plan, size) => {
    expect((await post(app(), { length: size, headers: as(plan) })).status).toBe(201);
    const tooLarge = () => post(app(), { length: size + 1, headers: as(plan) });
    expect(await expectNothingCreated(app(), tooLarge, 413)).toContain(`at most ${size} `);
  });

  it('limits nothing where it returns nothing', async () => {
    expect((await post(app(), { length: 2 ** 40 })).status).toBe(201);
  });

  it('counts for an upload as long as it lives, whoever sends the rest', async () => {
    const upload = await create(app(), { headers: as('small') });

    expectRefused(await patch(app(), upload, { headers: { 'Upload-Length': '11' } }), 413);
    expectRefused(await patch(app(), upload, { body: 'eleven byte' }), 413);
    expect((await patch(app(), upload, { body: ['five ', 'bytes', '!'] })).status).toBe(413);
    expect(await offsetOf(app(), upload)).toBe(0);
    const whole = await patch(app(), upload, { body: 'five more.', headers: lengthOf(10) });
    expect(whole.status).toBe(204);
  });

  it('counts for the bytes that come with a creation', async () => {
    const announced = () => post(app(), { body: 'eleven byte', headers: as('small') });
    const { items } = await app().tus.list({ state: 'receiving', limit: 1000 });

    await expectNothingCreated(app(), announced, 413);
    const chunked = await post(app(), { body: ['eleven', ' byte'], headers: as('small') });

    expectRefused(chunked, 413);
    expect((await app().tus.list({ state: 'receiving', limit: 1000 })).items).toEqual(items);
    expect((await post(app(), { body: 'ten bytes.', headers: as('small') })).status).toBe(201);
  });

  it('counts for what is made of parts', async () => {
    const concat = { 'Upload-Concat': 'partial', ...as('small') };
    const part = await create(app(), { length: 6, body: 'sixsix', headers: concat });
    const final = () =>
      post(app(), {
        headers: {
          'Upload-Defer-Length': undefined,
          'Upload-Concat': `final;${part.path} ${part.path}`,
          ...as('small'),
        },
      });

    expect(await expectNothingCreated(app(), final, 413)).toContain('12 bytes, at most 10');
  });

  it.each(['wrong', 'negative', 'nothing'])(
    'is answered 500 and logged once in clear words where it returns something %s',
    async (plan) => {
      const logged = app().logs.errors().length;

      await expectNothingCreated(app(), () => post(app(), { length: 1, headers: as(plan) }), 500);

      const errors = app().logs.errors().slice(logged);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/option "maxSize" cannot be .*Give a whole number of bytes/s);
    },
  );

  it('is answered 500 and logged once where it fails', async () => {
    const logged = app().logs.errors().length;

    await expectNothingCreated(app(), () => post(app(), { length: 1, headers: as('broken') }), 500);

    expect(app().logs.errors().slice(logged)).toEqual([
      expect.stringContaining('The plans cannot be read.'),
    ]);
  });

  it('may refuse by itself', async () => {
    const response = await post(app(), { length: 1, headers: as('banned') });

    expect(response.status).toBe(403);
    expect(response.text).toContain('You are banned.');
    expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
  });
});

function lengthOf(length: number): Record<string, string> {
  return { 'Upload-Length': String(length) };
}

describe.each(PLATFORMS)('Metadata on %s', (platform) => {
  const refusals: Record<string, () => unknown> = {
    text: () => new BadRequestException('Choose another name.'),
    lines: () => new BadRequestException('Choose\r\nanother\nname.'),
    list: () => new BadRequestException(['It is too long', 'it is too dull.']),
    object: () => new BadRequestException({ message: 'It is taken.', code: 7 }),
    bare: () => new BadRequestException({ code: 7 }),
    nested: () => new BadRequestException([{ field: 'filename' }]),
    empty: () => new BadRequestException(),
    forbidden: () => new ForbiddenException('Not you.'),
    broken: () => new Error('The names cannot be read.'),
  };
  const seen: [Record<string, string>, unknown][] = [];
  const validate = async (metadata: Readonly<Record<string, string>>, request: object) => {
    await Promise.resolve();
    seen.push([{ ...metadata }, (request as IncomingMessage).headers['x-test']]);
    const refusal = refusals[metadata['refuse'] ?? ''];
    if (refusal) throw refusal();
  };
  const app = useApp({
    platform,
    tus: { metadata: { maxBytes: 100, maxKeys: 3, validate }, durability: 'none' },
  });
  const send = (metadata: Metadata, headers = {}) => post(app(), { length: 1, metadata, headers });

  it('is taken up to so many bytes', async () => {
    const header = (bytes: number) => `key ${'A'.repeat(bytes - 4)}`;

    expect((await send(header(100))).status).toBe(201);
    const refusal = await expectNothingCreated(app(), () => send(header(104)), 400);
    expect(refusal).toBe('Upload-Metadata is longer than 100 bytes.');
  });

  it('is taken with so many keys', async () => {
    expect((await send('a,b,c')).status).toBe(201);
    const refusal = await expectNothingCreated(app(), () => send('a,b,c,d'), 400);
    expect(refusal).toBe('Upload-Metadata has more than 3 keys.');
  });

  it('is shown to the validator as text, with the request', async () => {
    await send({ filename: '日本語.txt' }, { 'X-Test': 'yes' });
    await send(undefined);

    expect(seen.slice(-2)).toEqual([
      [{ filename: '日本語.txt' }, 'yes'],
      [{}, undefined],
    ]);
  });

  it.each([
    ['text', 'Upload-Metadata: Choose another name.'],
    ['lines', 'Upload-Metadata: Choose another name.'],
    ['list', 'Upload-Metadata: It is too long; it is too dull.'],
    ['object', 'Upload-Metadata: It is taken.'],
    ['bare', 'Upload-Metadata: {"code":7}'],
    ['nested', 'Upload-Metadata: {"field":"filename"}'],
    ['empty', 'Upload-Metadata: Bad Request'],
  ])('is refused in the words of the validator: %s', async (refuse, words) => {
    const logged = app().logs.errors().length;

    expect(await expectNothingCreated(app(), () => send({ refuse }), 400)).toBe(words);

    expect(app().logs.errors()).toHaveLength(logged);
  });

  it('is refused with another status where the validator says so', async () => {
    const before = await held(app());

    const response = await send({ refuse: 'forbidden' });

    expect(response.status).toBe(403);
    expect(response.text).toContain('Not you.');
    expect(await held(app())).toEqual(before);
  });

  it('is answered 500 and logged once where the validator fails', async () => {
    const logged = app().logs.errors().length;

    await expectNothingCreated(app(), () => send({ refuse: 'broken' }), 500);

    expect(app().logs.errors().slice(logged)).toEqual([
      expect.stringContaining('The names cannot be read.'),
    ]);
  });

  it('is not asked of the parts of an upload, but of the whole', async () => {
    const partial = { 'Upload-Concat': 'partial' };
    const metadata = { refuse: 'text' };
    const part = await create(app(), { length: 1, body: 'x', metadata, headers: partial });
    const final = () =>
      post(app(), {
        metadata,
        headers: { 'Upload-Defer-Length': undefined, 'Upload-Concat': `final;${part.path}` },
      });

    await expectNothingCreated(app(), final, 400);
    await expectNothingCreated(app(), () => send('a,b,c,d', partial), 400);
  });

  it('is refused before a body that comes along is read', async () => {
    const connection = await app().connect();
    const metadata = `refuse ${Buffer.from('text').toString('base64')}`;

    await connection.write(
      rawHead('POST', '/files', [
        'Tus-Resumable: 1.0.0',
        'Upload-Length: 1000000',
        `Upload-Metadata: ${metadata}`,
        `Content-Type: ${OCTETS}`,
        'Content-Length: 1000000',
      ]),
    );

    const response = await connection.response();
    expectRefused(response, 400);
    expect(response.header('Connection')).toBe('close');
  });
});

class VideoMetadata {
  @IsNotEmpty()
  @MaxLength(10)
  filename!: string;

  @IsIn(['public', 'private'])
  access!: string;
}

describe.each(PLATFORMS)('Metadata with a class on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { metadata: { type: VideoMetadata }, durability: 'none' },
  });
  const send = (metadata: Metadata) => post(app(), { length: 1, metadata });

  it('is taken where it satisfies the class, and kept as it was sent', async () => {
    const metadata = { filename: 'cat.mp4', access: 'public', further: 'key' };

    const upload = await create(app(), { length: 1, metadata });

    expect((await app().tus.find(upload.id))?.metadata).toEqual({ ...metadata });
  });

  it.each<[Metadata, RegExp[]]>([
    [{ filename: '', access: 'public' }, [/filename should not be empty/]],
    [
      { filename: 'a name too long.mp4', access: 'secret' },
      [/filename must be shorter/, /; access must be one of/],
    ],
    [undefined, [/filename should not be empty/, /access must be one of/]],
  ])('is refused in one line: %j', async (metadata, words) => {
    const refusal = await expectNothingCreated(app(), () => send(metadata), 400);

    expect(refusal).toMatch(/^Upload-Metadata: filename /);
    for (const each of words) expect(refusal).toMatch(each);
  });
});

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');
const PDF = Buffer.from('%PDF-1.7\n%âãÏÓ\n', 'latin1');
const SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>';
const DOC = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const EXE = Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]);
const PROGRAM = Buffer.from('#!/bin/sh\necho pwned\n');

function large(start: Buffer, bytes = 64 * KIB): Buffer {
  return Buffer.concat([start, Buffer.alloc(bytes - start.length)]);
}

describe.each(PLATFORMS)('allowedTypes on %s', (platform) => {
  const allowedTypes = [
    'image/*',
    'application/PDF',
    'application/msword',
    'text/plain',
    'text/csv',
    'application/json',
  ];
  const app = useApp({ platform, tus: { allowedTypes, durability: 'none' } });
  const whole = (body: Buffer | string, metadata: Metadata) =>
    post(app(), { length: Buffer.byteLength(body), body, metadata });

  /** Expects that an upload has ended, and that nothing of it is left. */
  async function expectEnded(upload: Pick<CreatedUpload, 'id' | 'path'>): Promise<void> {
    expectHeadRefused(await head(app(), upload), 410);
    expectRefused(await patch(app(), upload, { body: 'x' }), 410);
    expect((await held(app())).files).not.toContain(upload.id);
    const good = await create(app(), { length: PNG.length, body: PNG });
    await app().finished.of(good.id);
    expect(app().finished.countOf(upload.id)).toBe(0);
  }

  it('keep an upload whose start cannot be read right now', async () => {
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const openWriter = storage.openWriter.bind(storage);
    const opening = jest
      .spyOn(storage, 'openWriter')
      .mockImplementation(async (record, options) => {
        const writer = await openWriter(record, options);
        const fault = Object.assign(new Error('EIO: cannot be read'), { code: 'EIO' });
        writer.start = () => Promise.reject(fault);
        return writer;
      });
    const upload = await create(app(), { length: PNG.length });
    const failed = await patch(app(), upload, { body: PNG });
    opening.mockRestore();

    expect(failed.status).toBe(500);
    expect(await offsetOf(app(), upload)).toBe(PNG.length);
    await app().finished.of(upload.id);
  });

  it.each([
    [{ filetype: 'text/html' }],
    [{ filetype: 'application/zip' }],
    [{ type: 'VIDEO/MP4' }],
    [{ filetype: 'imagex/png' }],
    [{ filetype: 'image' }],
    [{ filetype: 'text/html\r\nimage/png' }],
  ])('refuse a declared type that is none of them: %j', async (metadata) => {
    const create = () => post(app(), { length: 10, metadata });

    const refusal = await expectNothingCreated(app(), create, 415);

    expect(refusal).toContain('image/*, application/pdf, ');
  });

  it.each<[string, Buffer | string, Metadata]>([
    ['an image', PNG, { filetype: 'image/png' }],
    ['another image than declared', JPEG, { filetype: 'image/png' }],
    ['a large image', large(PNG), { filetype: 'image/png' }],
    ['an image whose type is not declared', PNG, {}],
    ['an image that its client did not know', PNG, { type: 'application/octet-stream' }],
    ['a type in other letters', PDF, { filetype: 'Application/Pdf; x=y' }],
    ['text', 'Hello.', { filetype: 'text/plain' }],
    ['text that begins with a signature', 'BMW and others', { filetype: 'text/plain' }],
    ['a table', 'a,b\r\n1,2\r\n', { filetype: 'text/csv' }],
    ['JSON', '{"a":1}', { type: 'application/json' }],
    ['no text', '', { filetype: 'text/plain' }],
    ['a drawing', SVG, { filetype: 'image/svg+xml' }],
    ['an old document', large(DOC), { filetype: 'application/msword' }],
  ])('take %s', async (_what, body, metadata) => {
    const upload = await create(app(), {
      length: Buffer.byteLength(body),
      body: body.length === 0 ? undefined : body,
      metadata,
    });

    expect(await app().finished.of(upload.id)).toMatchObject({ size: Buffer.byteLength(body) });
    expect((await storedBytes(app(), upload)).equals(Buffer.from(body))).toBe(true);
  });

  it.each<[string, Buffer | string, Metadata]>([
    ['a program that is said to be an image', EXE, { filetype: 'image/png' }],
    ['a program that is said to be text', EXE, { filetype: 'text/plain' }],
    ['a script that is said to be an image', PROGRAM, { filetype: 'image/png' }],
    ['text whose type is not declared', 'Hello.', {}],
    ['a program of an unknown type', EXE, { filetype: 'application/octet-stream' }],
    ['a large program', large(EXE), { filetype: 'image/png' }],
    ['an old document that is said to be an image', large(DOC), { filetype: 'image/png' }],
  ])('refuse %s, and keep nothing', async (_what, body, metadata) => {
    const before = (await held(app())).files;

    expectRefused(await whole(body, metadata), 415);

    expect((await held(app())).files).toEqual(before);
    const ended = await app().tus.list({ state: 'terminated', limit: 1000 });
    expect(ended.items.map(({ id }) => app().finished.countOf(id))).not.toContain(1);
  });

  it('refuse an empty file that is said to be an image', async () => {
    expectRefused(await post(app(), { length: 0, metadata: { filetype: 'image/png' } }), 415);
  });

  it('end an upload as soon as its bytes show what it is, while more is to come', async () => {
    const upload = await create(app(), { length: 64 * MIB, metadata: { filetype: 'image/png' } });
    const connection = await app().connect();
    await connection.write(
      rawHead('PATCH', upload.path, [
        'Tus-Resumable: 1.0.0',
        'Upload-Offset: 0',
        `Content-Type: ${OCTETS}`,
        `Content-Length: ${64 * MIB}`,
      ]),
    );

    await connection.write(large(EXE, 8 * KIB));

    const response = await connection.response();
    expectRefused(response, 415);
    expect(response.body.toString()).toContain('of type application/');
    expect(response.header('Connection')).toBe('close');
    await connection.closed;
    await expectEnded(upload);
  });

  it('tell a client that goes on sending', async () => {
    const upload = await create(app(), { length: 8 * MIB });

    expectRefused(await patch(app(), upload, { body: large(EXE, 8 * MIB) }), 415);

    await expectEnded(upload);
  });

  it('look at the first bytes however they come', async () => {
    const good = await create(app(), { length: 64 * KIB });
    const bad = await create(app(), { length: 64 * KIB });

    expect((await patch(app(), good, { body: large(PNG).subarray(0, 100) })).status).toBe(204);
    expect((await patch(app(), bad, { body: large(EXE).subarray(0, 100) })).status).toBe(204);
    const rest = { offset: 100, body: large(PNG).subarray(100) };

    expect((await patch(app(), good, rest)).status).toBe(204);
    expectRefused(await patch(app(), bad, { offset: 100, body: large(EXE).subarray(100) }), 415);
    await expectEnded(bad);
  });

  it('look at a small file once it is complete', async () => {
    const upload = await create(app(), { length: EXE.length });
    expect((await patch(app(), upload, { body: EXE.subarray(0, 50) })).status).toBe(204);

    expectRefused(await patch(app(), upload, { offset: 50, body: EXE.subarray(50) }), 415);

    await expectEnded(upload);
  });

  it('look at a file whose length is told last', async () => {
    const upload = await create(app(), { body: EXE });

    const end = { offset: EXE.length, headers: lengthOf(EXE.length) };
    expectRefused(await patch(app(), upload, end), 415);

    await expectEnded(upload);
  });

  it('look at what is made of parts, and not at these', async () => {
    const headers = { 'Upload-Concat': 'partial' };
    const metadata = { filetype: 'application/octet-stream' };
    const make = (body: Buffer) => create(app(), { length: body.length, body, headers, metadata });
    const [start, rest] = [await make(PNG.subarray(0, 20)), await make(PNG.subarray(20))];
    const concat = (parts: CreatedUpload[], filetype: string) =>
      post(app(), {
        metadata: { filetype },
        headers: {
          'Upload-Defer-Length': undefined,
          'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}`,
        },
      });
    const before = (await held(app())).files;

    expectRefused(await concat([rest, start], 'image/png'), 415);
    expectRefused(await concat([start, rest], 'text/html'), 415);
    expect((await held(app())).files).toEqual(before);
    const final = await concat([start, rest], 'image/png');

    expect(final.status).toBe(201);
    await app().finished.of(final.headers.location!.slice(-32));
  });

  it('look at bytes that are what their checksum says', async () => {
    const body = large(EXE);
    const upload = await create(app(), { length: body.length });

    const headers = { 'Upload-Checksum': checksumOf(body) };
    expectRefused(await patch(app(), upload, { body, headers }), 415);

    await expectEnded(upload);
  });

  it('do not judge by bytes that were damaged on their way', async () => {
    const body = large(PNG);
    const upload = await create(app(), { length: body.length });
    const headers = { 'Upload-Checksum': checksumOf(body) };

    expectRefused(await patch(app(), upload, { body: large(EXE), headers }), 460);

    expect(await offsetOf(app(), upload)).toBe(0);
    expect((await patch(app(), upload, { body, headers })).status).toBe(204);
    await app().finished.of(upload.id);
  });
});

function checksumOf(body: Buffer): string {
  return `sha1 ${createHash('sha1').update(body).digest('base64')}`;
}

describe('Limits that make no sense', () => {
  it.each<[string, object]>([
    ['maxSize', { maxSize: 'lots' }],
    ['metadata', { metadata: 'small' }],
    ['metadata.maxBytes', { metadata: { maxBytes: -1 } }],
    ['metadata.maxKeys', { metadata: { maxKeys: 0 } }],
    ['metadata.type', { metadata: { type: 'VideoMetadata' } }],
    ['metadata.validate', { metadata: { validate: true } }],
    ['allowedTypes', { allowedTypes: ['png'] }],
    ['download', { download: 'yes' }],
  ])('stop the start: %s', async (option, tus) => {
    const start = startApp({ platform: 'express', tus });

    await expect(start).rejects.toThrow(`TusModule: option "${option}" cannot be `);
  });
});
