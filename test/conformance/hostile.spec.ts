import { join } from 'node:path';
import {
  PLATFORMS,
  RawConnection,
  connectionsOf,
  create,
  eventually,
  listFiles,
  openFilesIn,
  offsetOf,
  uploadWhole,
  useApp,
  watchUnhandledRejections,
} from '../support/index.js';
import type { RejectionWatch, TestApp } from '../support/index.js';
import { HOSTILE_REQUESTS } from './hostile-requests.js';

const STORED = /^[0-9a-f]{32}$|^\.tus\//;

/** What a client does once its bytes are out. */
const AFTERWARDS: [string, (connection: RawConnection) => Promise<number | undefined>][] = [
  ['waits', statusOf],
  [
    'half closes',
    (connection) => {
      connection.end();
      return statusOf(connection);
    },
  ],
  ['is gone', async () => undefined],
];

describe.each(PLATFORMS)('hostile requests on %s', (platform) => {
  const app = useApp({ platform });
  let rejections: RejectionWatch;
  let connections: number;

  beforeAll(async () => {
    rejections = watchUnhandledRejections();
    await uploadWhole(app(), 'hello');
    connections = await connectionsOf(app());
  });

  afterAll(() => rejections.stop());

  it.each(HOSTILE_REQUESTS)('$name is answered by no 5xx', async (hostile) => {
    const upload = await create(app(), { length: 10 });
    for (const [afterwards, finish] of AFTERWARDS) {
      if (hostile.unfinished && afterwards === 'waits') {
        continue;
      }
      const status = await send(app(), hostile.bytes(upload.path), finish);
      expect(`${afterwards}: ${status ?? 'no answer'}`).toMatch(/: ([1-4]\d\d|no answer)$/);
    }
  });

  it('leave nothing broken, open, left over or logged', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await app().finished.of(upload.id);

    expect(await offsetOf(app(), upload)).toBe(5);
    expect(app().logs.errors()).toEqual([]);
    expect(rejections.reasons).toEqual([]);
    await eventually(async () => expect(await strayFiles(app())).toEqual([]));
    await eventually(async () =>
      expect(await connectionsOf(app())).toBeLessThanOrEqual(connections),
    );
    await eventually(async () => expect((await openFilesIn(app().tmpFileDir)) ?? []).toEqual([]));
  });
});

/** Status of the next answer; its body, whatever the method was, is not waited for. */
async function statusOf(connection: RawConnection): Promise<number | undefined> {
  return (await connection.responseOrClose({ toHead: true }))?.status;
}

async function send(
  app: TestApp,
  bytes: string | Buffer,
  finish: (connection: RawConnection) => Promise<number | undefined>,
): Promise<number | undefined> {
  const connection = await RawConnection.open(app);
  await connection.write(bytes);
  const status = await finish(connection);
  connection.destroy();
  await connection.closed;
  return status;
}

/** Files in the app's folder that are neither uploads nor the registry. */
async function strayFiles(app: TestApp): Promise<string[]> {
  const uploads = join(app.folder!, 'uploads');
  const inside = (await listFiles(uploads)).filter((file) => !STORED.test(file));
  const outside = (await listFiles(app.folder!)).filter((file) => !file.startsWith('uploads/'));
  return [...inside, ...outside];
}
