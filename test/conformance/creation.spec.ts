import { UnprocessableEntityException, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import {
  PLATFORMS,
  TUS,
  create,
  encodeMetadata,
  expectRefused,
  head,
  listFiles,
  listOf,
  offsetOf,
  patch,
  post,
  rawHead,
  request,
  storedBytes,
  uploadWhole,
  useApp,
} from '../support/index.js';

const ID = /^[0-9a-f]{32}$/;

describe.each(PLATFORMS)('creation on %s', (platform) => {
  const app = useApp({ platform });

  it('T22: POST with Upload-Length is 201 with a Location that works', async () => {
    const upload = await create(app(), { length: 100 });

    expect(upload.response.body).toHaveLength(0);
    expect(upload.id).toMatch(ID);
    const response = await head(app(), upload);
    expect(response.status).toBe(200);
    expect(response.headers['upload-offset']).toBe('0');
    expect(response.headers['upload-length']).toBe('100');
  });

  it('T22: every upload has a URL of its own', async () => {
    const uploads = await Promise.all(Array.from({ length: 20 }, () => create(app())));

    expect(new Set(uploads.map(({ location }) => location)).size).toBe(20);
  });

  it.each([undefined, 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'x'])(
    'T22: the Content-Type of an empty creation does not matter (%s)',
    async (type) => {
      const response = await post(app(), { length: 5, headers: { 'Content-Type': type } });

      expect(response.status).toBe(201);
    },
  );

  it('T23: neither Upload-Length nor Upload-Defer-Length is 400', async () => {
    const response = await request(app(), { method: 'POST', path: '/files', headers: TUS });

    expectRefused(response, 400);
    expect(response.headers.location).toBeUndefined();
  });

  it('T24: both Upload-Length and Upload-Defer-Length is 400', async () => {
    expectRefused(await post(app(), { headers: { 'Upload-Length': '5' } }), 400);
  });

  it.each(['0', '2', 'true', '01', '1.0', '1, 1', ''])(
    'T25: Upload-Defer-Length "%s" is 400',
    async (value) => {
      expectRefused(await post(app(), { headers: { 'Upload-Defer-Length': value } }), 400);
    },
  );

  it('T27: an upload of no bytes is finished at its creation, once', async () => {
    const upload = await create(app(), { length: 0 });

    const response = await head(app(), upload);
    expect(response.headers['upload-offset']).toBe('0');
    expect(response.headers['upload-length']).toBe('0');
    expect((await app().finished.of(upload.id)).size).toBe(0);
    expect((await patch(app(), upload, { body: '' })).status).toBe(204);
    await everythingDelivered();
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each([
    'k1 djE=,k2',
    'z YQ==,a Yg==,m Yw==',
    'filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential',
    'k djE=,empty ,last djI=',
    'KEY djE=,key djI=',
    'k/1-2_3.4 djE=',
    'binary //79AA==',
  ])('T30: Upload-Metadata "%s" comes back byte for byte', async (metadata) => {
    const upload = await create(app(), { length: 5, metadata });

    expect((await head(app(), upload)).all('Upload-Metadata')).toEqual([metadata]);
  });

  it.each(['k', 'k djE=', 'a,b', 'a ,b djE=', 'a djE=,b'])(
    'T32: the metadata "%s" is accepted: a value may be empty',
    async (metadata) => {
      expect((await post(app(), { length: 5, metadata })).status).toBe(201);
    },
  );

  it.each(['a YQ== , b Yg==', 'a YQ==,\tb Yg==', 'a YQ== ,b Yg=='])(
    'T33: blanks around the comma of "%s" are accepted',
    async (metadata) => {
      const upload = await create(app(), { length: 0, metadata });

      expect((await head(app(), upload)).headers['upload-metadata']).toBe(metadata);
      expect({ ...(await app().finished.of(upload.id)).metadata }).toEqual({ a: 'a', b: 'b' });
    },
  );

  it('T33: metadata on two lines is one list', async () => {
    const headers = { 'Upload-Metadata': ['a YQ==', 'b Yg=='] };
    const upload = await create(app(), { length: 0, headers });

    expect((await head(app(), upload)).headers['upload-metadata']).toBe('a YQ==, b Yg==');
    expect({ ...(await app().finished.of(upload.id)).metadata }).toEqual({ a: 'a', b: 'b' });
  });

  it.each(['a YQ==,a Yg==', 'a YQ==,b Yg==,a YQ==', 'a,a'])(
    'T34: the duplicate key in "%s" is 400',
    async (metadata) => {
      expectRefused(await post(app(), { length: 5, metadata }), 400);
    },
  );

  it.each([',', 'a YQ==,', 'a YQ==,,b Yg==', 'a b YQ==', 'a  YQ==', 'a\tYQ==', 'a YQ== Yg=='])(
    'T35: the malformed pair in "%s" is 400',
    async (metadata) => {
      expectRefused(await post(app(), { length: 5, metadata }), 400);
    },
  );

  it.each([
    ['Cyrillic letters', Buffer.from('ключ djE=')],
    ['Latin-1 bytes', Buffer.from([0x6b, 0xe4, 0x20, 0x64, 0x6a, 0x45, 0x3d])],
    ['a control character', Buffer.from('k\u0001 djE=')],
    ['a DEL', Buffer.from('k\u007f djE=')],
    ['a NUL', Buffer.from('k\u0000 djE=')],
  ])('T35: %s in a key are 400', async (_name, metadata) => {
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 5', 'Content-Length: 0'];
    const head = rawHead('POST', '/files', lines).replace(/\r\n$/, 'Upload-Metadata: ');

    await connection.write(Buffer.concat([Buffer.from(head), metadata, Buffer.from('\r\n\r\n')]));

    expect((await connection.response()).status).toBe(400);
  });

  it.each(['!!!', 'YQ=', 'YQ', 'YQ===', '_-__', 'Y=Q=', 'YQ==YQ==', '=', 'YWJj=', 'YQ==\u00e9'])(
    'T36: the value "%s" is no strict Base64: 400',
    async (value) => {
      expectRefused(await post(app(), { length: 5, metadata: `k ${value}` }), 400);
    },
  );

  it.each([
    ['a path upwards', '../../../evil.txt'],
    ['an absolute path', '/etc/evil'],
    ['a Windows path', '..\\..\\evil.txt'],
    ['line breaks', 'a\r\nX-Injected: yes\r\n\r\nbody'],
    ['a NUL', 'a\u0000b'],
    ['another script', '日本語.txt'],
    ['no UTF-8 but a name of dots', '..'],
  ])('T37: %s in a value reaches no header and no path', async (_name, filename) => {
    const metadata = encodeMetadata({ filename, name: filename });
    const upload = await create(app(), { length: 0, metadata });

    const response = await head(app(), upload);
    expect(response.headers['x-injected']).toBeUndefined();
    expect(upload.response.headers['x-injected']).toBeUndefined();
    expect(response.headers['upload-metadata']).toBe(metadata);
    const finished = await app().finished.of(upload.id);
    expect(finished.metadata['filename']).toBe(filename);
    expect(finished.path.endsWith(`/${upload.id}`)).toBe(true);
    const files = await listFiles(app().folder!);
    expect(files.filter((file) => /evil|日本語|X-Injected/.test(file))).toEqual([]);
  });

  it('T38: keys that every object has are keys like any other', async () => {
    const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'];
    const metadata = keys.map((key) => `${key} ${btoa(key)}`).join(',');

    const upload = await create(app(), { length: 0, metadata });

    expect((await head(app(), upload)).headers['upload-metadata']).toBe(metadata);
    const received = (await app().finished.of(upload.id)).metadata;
    expect(Object.entries(received)).toEqual(keys.map((key) => [key, key]));
  });

  it('T38: keys that no metadata has are absent', async () => {
    const upload = await create(app(), { length: 0 });

    const { metadata } = await app().finished.of(upload.id);
    expect(metadata['constructor']).toBeUndefined();
    expect(metadata['__proto__']).toBeUndefined();
  });

  it.each(['', ' '])('T39: empty Upload-Metadata is the same as none', async (metadata) => {
    const upload = await create(app(), { length: 5, metadata });

    expect((await head(app(), upload)).headers['upload-metadata']).toBeUndefined();
  });

  it('T40: a binary value survives', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const metadata = `bytes ${bytes.toString('base64')}`;

    const upload = await create(app(), { length: 0, metadata });

    expect((await head(app(), upload)).headers['upload-metadata']).toBe(metadata);
    expect((await app().finished.of(upload.id)).rawMetadata['bytes']).toEqual(bytes);
  });

  it('T41: metadata that is too long is refused with a 4xx, and creates nothing', async () => {
    const metadata = `k ${Buffer.alloc(15_000).toString('base64')}`;

    const response = await post(app(), { length: 5, metadata });

    expect([400, 431]).toContain(response.status);
    expect(response.headers.location).toBeUndefined();
  });

  it('T41: metadata of several kilobytes is taken', async () => {
    const metadata = `k ${Buffer.alloc(6000).toString('base64')}`;

    const upload = await create(app(), { length: 5, metadata });

    expect((await head(app(), upload)).headers['upload-metadata']).toBe(metadata);
  });

  it('T42: a deferred length is told as such until it is known', async () => {
    const upload = await create(app());

    const deferred = await head(app(), upload);
    expect(deferred.headers['upload-defer-length']).toBe('1');
    expect(deferred.headers['upload-length']).toBeUndefined();

    await patch(app(), upload, { body: 'he', headers: { 'Upload-Length': '5' } });

    const known = await head(app(), upload);
    expect(known.headers['upload-defer-length']).toBeUndefined();
    expect(known.headers['upload-length']).toBe('5');
    expect(known.headers['upload-offset']).toBe('2');
  });

  it('T43: POST to an upload is 405', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await post(app(), { length: 5, path: upload.path });

    expectRefused(response, 405);
  });

  it('T43: Upload-Offset: 0 at creation changes nothing', async () => {
    const upload = await create(app(), { length: 5, headers: { 'Upload-Offset': '0' } });

    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('T43: any other Upload-Offset at creation is 400 or ignored', async () => {
    const response = await post(app(), { length: 5, headers: { 'Upload-Offset': '5' } });

    expect([201, 400]).toContain(response.status);
    if (response.status === 201) {
      expect(await offsetOf(app(), { path: response.headers.location! })).toBe(0);
    }
  });

  it('T45: a query on the creation URL is no part of Location', async () => {
    const upload = await create(app(), { length: 5, path: '/files?token=1&x=/../y' });

    expect(upload.location).toBe(`/files/${upload.id}`);
  });

  it('T45: an upload works with a query behind its URL', async () => {
    const upload = await create(app(), { length: 5 });
    const suffix = '?token=a/b&id=../x';

    const response = await patch(app(), upload, { body: 'hello', suffix });

    expect(response.status).toBe(204);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    expect(await offsetOf(app(), { path: upload.path + suffix })).toBe(5);
  });

  /** A further upload's delivery: whatever was due before it has been delivered too. */
  async function everythingDelivered(): Promise<void> {
    await app().finished.of((await uploadWhole(app(), 'barrier')).id);
  }
});

describe.each(PLATFORMS)('creation with a maximum, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 100 } });

  it('T28: an Upload-Length over the maximum is 413, and creates nothing', async () => {
    const response = await post(app(), { length: 101 });

    expectRefused(response, 413);
    expect(response.headers.location).toBeUndefined();
  });

  it('T29: an Upload-Length at the maximum is taken', async () => {
    expect((await post(app(), { length: 100 })).status).toBe(201);
  });
});

describe.each(PLATFORMS)('creation with extensions off, on %s', (platform) => {
  const withoutDefer = useApp({ platform, tus: { extensions: ['creation'] } });
  const withoutCreation = useApp({ platform, tus: { extensions: ['termination'] } });

  it('T26: deferring the length where it is off is 400', async () => {
    expectRefused(await post(withoutDefer()), 400);
  });

  it('T44: creation where it is off is 405, and Allow does not name POST', async () => {
    const response = await post(withoutCreation(), { length: 5 });

    expectRefused(response, 405);
    expect(listOf(response.headers.allow)).toContain('OPTIONS');
    expect(listOf(response.headers.allow)).not.toContain('POST');
  });
});

/** Stands for any check an application makes of the metadata. */
class NoPrograms implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['upload-metadata']?.includes(btoa('setup.exe'))) {
      throw new UnprocessableEntityException();
    }
    return true;
  }
}

describe.each(PLATFORMS)('creation behind a guard, on %s', (platform) => {
  const app = useApp({ platform, tus: { decorators: [UseGuards(NoPrograms)] } });

  it('T31: an application refuses by metadata with a status of its own', async () => {
    const refused = await post(app(), { length: 5, metadata: { filename: 'setup.exe' } });
    const taken = await post(app(), { length: 5, metadata: { filename: 'a.txt' } });

    expect(refused.status).toBe(422);
    expect(refused.headers.location).toBeUndefined();
    expect(refused.all('Tus-Resumable')).toEqual(['1.0.0']);
    expect(taken.status).toBe(201);
  });
});
