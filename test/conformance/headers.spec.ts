import { ForbiddenException, Injectable, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import {
  OCTETS,
  PLATFORMS,
  TUS,
  create,
  encodeMetadata,
  expectHeadRefused,
  expectRefused,
  head,
  listOf,
  offsetOf,
  patch,
  post,
  rawHead,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { HttpRequest } from '../support/index.js';

const UNKNOWN = `/files/${'0'.repeat(32)}`;

const NO_INTEGERS = [
  '-1',
  '+1',
  '1.0',
  '1e3',
  '0x10',
  'abc',
  '1, 1',
  '1 1',
  '1;',
  '"1"',
  'NaN',
  'Infinity',
  '',
  ' ',
];

/** Refuses as the request asks it to, the way a user's guard may. */
@Injectable()
class RefusingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-refuse'] === 'forbidden') {
      throw new ForbiddenException();
    }
    if (headers['x-refuse'] === 'broken') {
      throw new Error('This guard is broken.');
    }
    return true;
  }
}

describe.each(PLATFORMS)('headers on every exchange, on %s', (platform) => {
  const app = useApp({ platform });

  const refusedAndAccepted: [string, () => Promise<HttpRequest>][] = [
    ['201 to POST', async () => creation({ 'Upload-Length': '1' })],
    ['200 to HEAD', async () => ({ method: 'HEAD', path: await newUpload(), headers: TUS })],
    ['204 to PATCH', async () => appending(await newUpload())],
    ['204 to DELETE', async () => ({ method: 'DELETE', path: await newUpload(), headers: TUS })],
    ['400 to POST', async () => creation({})],
    ['404 to HEAD', async () => ({ method: 'HEAD', path: UNKNOWN, headers: TUS })],
    ['404 to PATCH', async () => appending(UNKNOWN)],
    ['404 to DELETE', async () => ({ method: 'DELETE', path: UNKNOWN, headers: TUS })],
    ['405 to PUT', async () => ({ method: 'PUT', path: '/files', headers: TUS })],
    ['405 to GET', async () => ({ path: await newUpload() })],
    ['409 to PATCH', async () => appending(await newUpload(), { 'Upload-Offset': '3' })],
    ['412 to POST', async () => creation({ 'Upload-Length': '1', 'Tus-Resumable': '0.2.2' })],
    ['413 to PATCH', async () => ({ ...appending(await newUpload()), body: 'too long' })],
    ['415 to PATCH', async () => appending(await newUpload(), { 'Content-Type': 'text/plain' })],
    ['204 to OPTIONS', async () => ({ method: 'OPTIONS', path: '/files' })],
  ];

  it.each(refusedAndAccepted)('T1: %s has exactly one Tus-Resumable', async (what, make) => {
    const response = await app().request(await make());

    expect(response.status).toBe(Number(what.slice(0, 3)));
    expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
  });

  it.each(['POST', 'HEAD', 'PATCH', 'DELETE'])(
    'T2: %s with an unsupported version is 412 with Tus-Version, and changes nothing',
    async (method) => {
      const upload = await create(app(), { length: 5 });

      const response = await app().request({
        ...(method === 'POST' ? creation({ 'Upload-Length': '5' }) : appending(upload.path)),
        method,
        headers: { ...headersFor(method), 'Tus-Resumable': '0.2.2' },
      });

      expect(response.status).toBe(412);
      expect(listOf(response.headers['tus-version'] as string)).toEqual(['1.0.0']);
      expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
      expect(response.headers.location).toBeUndefined();
      expect(await offsetOf(app(), upload)).toBe(0);
    },
  );

  it.each(['POST', 'HEAD', 'PATCH', 'DELETE'])(
    'T3: %s without Tus-Resumable is 412 with Tus-Version, and changes nothing',
    async (method) => {
      const upload = await create(app(), { length: 5 });

      const response = await app().request({
        ...(method === 'POST' ? creation({}) : appending(upload.path)),
        method,
        headers: { ...headersFor(method), 'Tus-Resumable': undefined },
      });

      expect(response.status).toBe(412);
      expect(listOf(response.headers['tus-version'] as string)).toEqual(['1.0.0']);
      expect(response.headers.location).toBeUndefined();
      expect(await offsetOf(app(), upload)).toBe(0);
    },
  );

  it('T4: GET on an upload needs no Tus-Resumable: it is 405 with Allow', async () => {
    const response = await app().request({ path: await newUpload() });

    expectRefused(response, 405);
    expect(listOf(response.headers.allow)).toEqual(
      expect.arrayContaining(['OPTIONS', 'HEAD', 'PATCH', 'DELETE']),
    );
  });

  it.each(['1.0.0', '0.0.1', 'nonsense', ''])(
    'T5: OPTIONS ignores Tus-Resumable "%s"',
    async (version) => {
      for (const path of ['/files', UNKNOWN]) {
        const headers = { 'Tus-Resumable': version };
        const response = await app().request({ method: 'OPTIONS', path, headers });

        expect(response.status).toBe(204);
        expect(response.headers['tus-version']).toBe('1.0.0');
      }
    },
  );

  it.each(['POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])(
    'T6: %s overridden to PATCH appends',
    async (method) => {
      const upload = await create(app(), { length: 5 });
      const headers = { ...headersFor('PATCH'), 'X-HTTP-Method-Override': 'PATCH' };

      const response = await app().request({ method, path: upload.path, headers, body: 'hello' });

      expect(response.status).toBe(204);
      expect(response.headers['upload-offset']).toBe('5');
      expect((await app().finished.of(upload.id)).size).toBe(5);
    },
  );

  it.each(['PATCH', 'GET', 'PUT', 'DELETE'])(
    'T6: %s overridden to POST creates an upload',
    async (method) => {
      const headers = { ...TUS, 'Upload-Length': '5', 'X-HTTP-Method-Override': 'POST' };

      const response = await app().request({ method, path: '/files', headers });

      expect(response.status).toBe(201);
      expect(await offsetOf(app(), { path: response.headers.location! })).toBe(0);
    },
  );

  it('T6: DELETE overridden to HEAD deletes nothing, and HEAD overridden to DELETE does', async () => {
    const upload = await create(app(), { length: 5 });
    const override = (value: string) => ({ ...TUS, 'X-HTTP-Method-Override': value });

    const kept = await terminate(app(), upload, override('HEAD'));
    const terminated = await head(app(), upload, override('DELETE'));

    expect(kept.status).toBe(200);
    expect(kept.headers['upload-offset']).toBe('0');
    expect(terminated.status).toBe(204);
    expect((await head(app(), upload)).status).toBe(410);
  });

  it('T6: POST overridden to OPTIONS is answered as OPTIONS, without Tus-Resumable', async () => {
    const headers = { 'X-HTTP-Method-Override': 'OPTIONS' };

    const response = await app().request({ method: 'POST', path: '/files', headers });

    expect(response.status).toBe(204);
    expect(response.headers['tus-extension']).toBeDefined();
  });

  it.each(['patch', 'Patch', '  PATCH  '])('T7: the override "%s" is understood', async (value) => {
    const upload = await create(app(), { length: 5 });
    const headers = { ...headersFor('PATCH'), 'X-HTTP-Method-Override': value };

    const response = await app().request({
      method: 'POST',
      path: upload.path,
      headers,
      body: 'hello',
    });

    expect(response.status).toBe(204);
  });

  it.each(['PUT', 'TRACE', 'CONNECT', 'FOO', 'PATCH, DELETE', 'constructor'])(
    'T7: the override "%s" is 405 with Allow, and changes nothing',
    async (value) => {
      const upload = await create(app(), { length: 5 });
      const headers = { ...headersFor('PATCH'), 'X-HTTP-Method-Override': value };

      const response = await app().request({
        method: 'POST',
        path: upload.path,
        headers,
        body: 'hello',
      });

      expectRefused(response, 405);
      expect(listOf(response.headers.allow)).toContain('PATCH');
      expect(await offsetOf(app(), upload)).toBe(0);
    },
  );

  it('T7: the override of a method that is not served is 405', async () => {
    const headers = { ...TUS, 'X-HTTP-Method-Override': 'GET' };

    const response = await app().request({ method: 'POST', path: await newUpload(), headers });

    expectRefused(response, 405);
  });

  it('T8: POST overridden to HEAD has the headers of HEAD, and a body of no bytes', async () => {
    const upload = await create(app(), { length: 5, metadata: { name: 'a.txt' } });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'X-HTTP-Method-Override: HEAD', 'Content-Length: 0'];

    await connection.write(rawHead('POST', upload.path, lines).repeat(2));
    const first = await connection.response();
    const second = await connection.response();

    for (const response of [first, second]) {
      expect(response.status).toBe(200);
      expect(response.header('Upload-Offset')).toBe('0');
      expect(response.header('Upload-Length')).toBe('5');
      expect(response.header('Upload-Metadata')).toBe(encodeMetadata({ name: 'a.txt' }));
      expect(response.header('Content-Length')).toBe('0');
    }
  });

  it.each([[['1.0.0', '1.0.0']], [['1.0.0, 1.0.0']], [['1.0.0', '0.2.2']], [['1.0']]])(
    'T9: Tus-Resumable %j is 412',
    async (values) => {
      const response = await post(app(), { length: 5, headers: { 'Tus-Resumable': values } });

      expectRefused(response, 412);
      expect(response.headers['tus-version']).toBe('1.0.0');
    },
  );

  const unserved: [string, 'creation' | 'upload', string[], string[]][] = [
    ['GET', 'creation', ['OPTIONS', 'POST'], ['PATCH', 'DELETE']],
    ['HEAD', 'creation', ['OPTIONS', 'POST'], ['PATCH', 'DELETE']],
    ['PUT', 'creation', ['OPTIONS', 'POST'], ['PUT']],
    ['PATCH', 'creation', ['OPTIONS', 'POST'], ['PATCH']],
    ['DELETE', 'creation', ['OPTIONS', 'POST'], ['DELETE']],
    ['POST', 'upload', ['OPTIONS', 'HEAD', 'PATCH', 'DELETE'], ['POST']],
    ['PUT', 'upload', ['OPTIONS', 'HEAD', 'PATCH', 'DELETE'], ['PUT']],
  ];

  it.each(unserved)('T10: %s on the %s URL is 405 with Allow', async (method, url, has, hasNot) => {
    const path = url === 'creation' ? '/files' : await newUpload();

    const response = await app().request({ method, path, headers: TUS });

    const refused = method === 'HEAD' ? expectHeadRefused : expectRefused;
    refused(response, 405);
    const allow = listOf(response.headers.allow);
    expect(allow).toEqual(expect.arrayContaining(has));
    hasNot.forEach((name) => expect(allow).not.toContain(name));
  });

  it.each(NO_INTEGERS)('T11: Upload-Length "%s" is 400', async (value) => {
    const response = await post(app(), { headers: lengthHeader(value) });

    expectRefused(response, 400);
    expect(response.headers.location).toBeUndefined();
  });

  it.each(NO_INTEGERS)('T11: Upload-Offset "%s" is 400, and changes nothing', async (value) => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, { offset: value, body: 'hello' });

    expectRefused(response, 400);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it.each(['Upload-Length', 'Upload-Offset'])(
    'T11: digits of another script in %s are 400',
    async (name) => {
      const upload = await create(app());
      const connection = await app().connect();
      const offset = name === 'Upload-Length' ? ['Upload-Offset: 0'] : [];
      const lines = [...PATCH_LINES, ...offset, `${name}: \u0661`, 'Content-Length: 0'];

      await connection.write(rawHead('PATCH', upload.path, lines));

      expect((await connection.response()).status).toBe(400);
    },
  );

  it.each(['007', '00', '9007199254740992', '9'.repeat(30), '9'.repeat(1000)])(
    'T12: Upload-Length %s is 400 where no maximum is set',
    async (value) => {
      expectRefused(await post(app(), { headers: lengthHeader(value) }), 400);
    },
  );

  it.each(['007', '00', '9007199254740992', '9'.repeat(30)])(
    'T12: Upload-Offset %s is 400',
    async (offset) => {
      const upload = await create(app(), { length: 5 });

      const response = await patch(app(), upload, { offset, body: 'hello' });

      expectRefused(response, 400);
    },
  );

  it('T12: the largest length a number can hold is taken', async () => {
    const upload = await create(app(), { length: Number.MAX_SAFE_INTEGER });

    expect((await head(app(), upload)).headers['upload-length']).toBe('9007199254740991');
  });

  const repeated: [string, string[]][] = [
    ['Upload-Length', ['5', '5']],
    ['Upload-Length', ['5', '6']],
    ['Upload-Defer-Length', ['1', '1']],
  ];

  it.each(repeated)('T13: POST with %s on two lines, %j, is 400', async (name, values) => {
    const headers = { 'Upload-Defer-Length': undefined, [name]: values };

    expectRefused(await post(app(), { headers }), 400);
  });

  it.each([[['0', '0']], [['0', '5']], [['5', '0']]])(
    'T13: PATCH with Upload-Offset on two lines, %j, is 400',
    async (values) => {
      const upload = await create(app(), { length: 5 });

      const response = await patch(app(), upload, {
        headers: { 'Upload-Offset': values },
        body: 'hello',
      });

      expectRefused(response, 400);
      expect(await offsetOf(app(), upload)).toBe(0);
    },
  );

  async function newUpload(): Promise<string> {
    return (await create(app(), { length: 1 })).path;
  }
});

describe.each(PLATFORMS)('headers where a maximum is set, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 100 } });

  it.each(['9007199254740992', '9'.repeat(30)])(
    'T12: Upload-Length %s is 413 where a maximum is set',
    async (value) => {
      expectRefused(await post(app(), { headers: lengthHeader(value) }), 413);
    },
  );

  it('T12: leading zeros are 400 where a maximum is set, too', async () => {
    expectRefused(await post(app(), { headers: lengthHeader('007') }), 400);
  });
});

describe.each(PLATFORMS)("headers on a guard's refusal, on %s", (platform) => {
  const app = useApp({
    platform,
    tus: { decorators: [UseGuards(RefusingGuard)] },
    providers: [RefusingGuard],
  });

  it.each([
    ['forbidden', 403],
    ['broken', 500],
  ])('T1: a guard that is %s is %i with exactly one Tus-Resumable', async (refuse, status) => {
    const upload = await uploadWhole(app(), 'hello');
    const asked = [
      post(app(), { length: 5, headers: { 'X-Refuse': refuse } }),
      head(app(), upload, { 'X-Refuse': refuse }),
      patch(app(), upload, { offset: 5, body: '', headers: { 'X-Refuse': refuse } }),
      terminate(app(), upload, { 'X-Refuse': refuse }),
    ];

    for (const response of await Promise.all(asked)) {
      expect(response.status).toBe(status);
      expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
    }
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});

const PATCH_LINES = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`];

function headersFor(method: string): Record<string, string> {
  return method === 'PATCH'
    ? { ...TUS, 'Content-Type': OCTETS, 'Upload-Offset': '0' }
    : { ...TUS, ...(method === 'POST' && { 'Upload-Length': '5' }) };
}

function lengthHeader(value: string): Record<string, string | undefined> {
  return { 'Upload-Defer-Length': undefined, 'Upload-Length': value };
}

function creation(headers: Record<string, string>): HttpRequest {
  return { method: 'POST', path: '/files', headers: { ...TUS, ...headers } };
}

function appending(path: string, headers: Record<string, string> = {}): HttpRequest {
  return { method: 'PATCH', path, headers: { ...headersFor('PATCH'), ...headers } };
}
