import {
  OCTETS,
  PLATFORMS,
  create,
  expectRefused,
  rawHead,
  request,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';

const TUS_LINE = 'Tus-Resumable: 1.0.0';
const TYPE_LINE = `Content-Type: ${OCTETS}`;
const UNKNOWN = `/files/${'0'.repeat(32)}`;

/** Head of a request whose body never follows: method, path, and what its headers say. */
type Head = readonly [method: string, path: string, lines: readonly string[]];

describe.each(PLATFORMS)('refusals before the body is read, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 1_000_000_000 } });

  const refusals: [string, number, () => Promise<Head>][] = [
    ['T70: PATCH without an offset', 400, async () => appending(await newUpload(), null)],
    ['T23: POST without a length', 400, async () => ['POST', '/files', [TUS_LINE, TYPE_LINE]]],
    ['T71: PATCH to an unknown upload', 404, async () => appending(UNKNOWN)],
    ['T71: PATCH to a malformed id', 404, async () => appending('/files/abc')],
    ['T10: PUT on an upload', 405, async () => ['PUT', await newUpload(), [TUS_LINE]]],
    ['T10: POST on an upload', 405, async () => ['POST', await newUpload(), [TUS_LINE]]],
    ['T10: PATCH on the creation URL', 405, async () => appending('/files')],
    ['T69: PATCH at another offset', 409, async () => appending(await newUpload(), 3)],
    ['T71: PATCH to a terminated upload', 410, async () => appending(await terminated())],
    ['T3: PATCH without a version', 412, async () => ['PATCH', await newUpload(), [TYPE_LINE]]],
    ['T3: POST without a version', 412, async () => ['POST', '/files', [TYPE_LINE]]],
    ['T28: POST over the maximum', 413, async () => creating('Upload-Length: 1000000001')],
    ['T50: POST of more than the length', 413, async () => creating('Upload-Length: 5')],
    ['T74: PATCH of more than is left', 413, async () => appending(await newUpload())],
    ['T78: PATCH to a finished upload', 413, async () => appending(await finished(), 5)],
    ['T68: PATCH of another type', 415, async () => untyped('PATCH', await newUpload())],
    ['T48: POST of another type', 415, async () => untyped('POST', '/files')],
  ];

  it.each(refusals)('%s is %i with Connection: close', async (_name, status, head) => {
    const [method, path, lines] = await head();
    const connection = await app().connect();

    await connection.write(rawHead(method, path, [...lines, 'Content-Length: 100000000']));
    const response = await connection.response();

    expectRefused(response, status);
    expect(response.all('Connection')).toEqual(['close']);
  });

  it.each(refusals)('%s is %i for a client that sends on regardless', async (_n, status, head) => {
    const [method, path, lines] = await head();
    const headers = Object.fromEntries(lines.map((line) => line.split(': ')));
    const body = Buffer.alloc(4_000_000);

    const response = await request(app(), { method, path, headers, body });

    expectRefused(response, status);
  });

  it.each(refusals)('%s is %i on a connection that stays, without a body', async (...row) => {
    const [, , head] = row;
    const [method, path, lines] = await head();
    const connection = await app().connect();

    await connection.write(rawHead(method, path, [...lines, 'Content-Length: 0']));
    const refusal = await connection.response();
    await connection.write(rawHead('OPTIONS', '/files'));
    const next = await connection.response();

    expect(refusal.header('Connection')).not.toBe('close');
    expect(next.status).toBe(204);
  });

  async function newUpload(): Promise<string> {
    return (await create(app(), { length: 10 })).path;
  }

  async function finished(): Promise<string> {
    return (await uploadWhole(app(), 'hello')).path;
  }

  async function terminated(): Promise<string> {
    const upload = await create(app(), { length: 10 });
    await terminate(app(), upload);
    return upload.path;
  }
});

function appending(path: string, offset: number | null = 0): Head {
  const lines = offset === null ? [] : [`Upload-Offset: ${offset}`];
  return ['PATCH', path, [TUS_LINE, TYPE_LINE, ...lines]];
}

function creating(length: string): Head {
  return ['POST', '/files', [TUS_LINE, TYPE_LINE, length]];
}

function untyped(method: string, path: string): Head {
  return [method, path, [TUS_LINE, 'Upload-Offset: 0', 'Upload-Length: 10']];
}
