import {
  PLATFORMS,
  append,
  appendHeaders,
  cancel,
  createResumable,
  expectProblem,
  linesOf,
  rawHead,
  request,
  stateHeaders,
  useApp,
} from '../../support/index.js';

const UNKNOWN = `/files/${'0'.repeat(32)}`;
const ANNOUNCED = 'Content-Length: 100000000';

/** Head of a request whose body never follows: method, path, and what its headers say. */
type Head = readonly [method: string, path: string, headers: Readonly<Record<string, string>>];

describe.each(PLATFORMS)('refusals of the IETF before the body is read, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'], maxSize: 1_000_000_000 } });

  const refusals: [string, number, () => Promise<Head>][] = [
    ['R16: a creation of an unknown version', 400, async () => creating({ version: 99 })],
    ['R25: a creation of more than its length', 400, async () => creating({ length: 5 })],
    ['R27: a creation over the maximum', 413, async () => creating({ length: 1_000_000_001 })],
    ['R39: an append to an unknown upload', 404, async () => appending(UNKNOWN)],
    ['R39: an append to a cancelled upload', 410, async () => appending(await cancelled())],
    ['R40: an append without an offset', 400, async () => withoutOffset(await newUpload())],
    ['R41: an append of another type', 415, async () => untyped(await newUpload())],
    ['R42: an append at another offset', 409, async () => appending(await newUpload(), 3)],
    ['R46: an append of more than the length', 400, async () => appending(await newUpload(10))],
    ['R52: an append to a complete upload', 400, async () => appending(await completed(), 5)],
    ['R69: an append with a malformed digest', 400, async () => digested(await newUpload())],
  ];

  it.each(refusals)('%s is %i with Connection: close', async (_name, status, head) => {
    const [method, path, headers] = await head();
    const connection = await app().connect();

    await connection.write(rawHead(method, path, [...linesOf(headers), ANNOUNCED]));
    const response = await connection.response();

    expect(response.status).toBe(status);
    expect(response.header('Content-Type')).toMatch(/^application\/problem\+json\b/);
    expect(response.all('Connection')).toEqual(['close']);
    expect(response.interim).toEqual([]);
  });

  it.each(refusals)('%s is %i for a client that sends on regardless', async (_n, status, head) => {
    const [method, path, headers] = await head();

    const response = await request(app(), { method, path, headers, body: Buffer.alloc(4_000_000) });

    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json\b/);
  });

  it('R42: without a body the connection stays', async () => {
    const path = await newUpload();
    const connection = await app().connect();
    const lines = [...linesOf(appendHeaders({ offset: 3 })), 'Content-Length: 0'];

    await connection.write(rawHead('PATCH', path, lines));
    const refusal = await connection.response();
    await connection.write(rawHead('OPTIONS', '/files'));
    const next = await connection.response();

    expectProblem(refusal, 409, 'mismatching-upload-offset');
    expect(refusal.header('Connection')).not.toBe('close');
    expect(next.status).toBe(204);
  });

  async function newUpload(length?: number): Promise<string> {
    return (await createResumable(app(), { length })).path;
  }

  async function cancelled(): Promise<string> {
    const upload = await createResumable(app());
    await cancel(app(), upload);
    return upload.path;
  }

  async function completed(): Promise<string> {
    const upload = await createResumable(app());
    await append(app(), upload, { body: 'hello' });
    return upload.path;
  }
});

function creating(options: { version?: number; length?: number }): Head {
  return ['POST', '/files', stateHeaders({ ...options, complete: false })];
}

function appending(path: string, offset = 0): Head {
  return ['PATCH', path, appendHeaders({ offset })];
}

function withoutOffset(path: string): Head {
  const { 'Upload-Offset': _offset, ...headers } = appendHeaders();
  return ['PATCH', path, headers];
}

function untyped(path: string): Head {
  return ['PATCH', path, { ...appendHeaders(), 'Content-Type': 'text/plain' }];
}

function digested(path: string): Head {
  return ['PATCH', path, { ...appendHeaders(), 'Content-Digest': 'sha-256=1' }];
}
