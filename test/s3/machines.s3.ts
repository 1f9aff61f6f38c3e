import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  create,
  eventually,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
} from '../support/index.js';
import type { CreatedUpload } from '../support/index.js';
import { PostgresServer } from '../support/postgres/postgres-server.js';
import { bytes, MIB } from '../support/s3/s3-world.js';
import { TestBucket } from '../support/s3/store.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./machine-server.js', import.meta.url));

/** What a machine has of an upload when it is frozen. */
interface Story {
  readonly name: string;
  readonly length: number;
  /** Bytes that were acknowledged before. */
  readonly before: number;
  /** Bytes of the request that is running. */
  readonly sent: number;
  /** Whether all of these have been received; else they are on their way. */
  readonly isReceived: boolean;
}

const STORIES: readonly Story[] = [
  { name: 'a small upload', length: 1000, before: 0, sent: 400, isReceived: true },
  { name: 'the end of a small upload', length: 1000, before: 300, sent: 400, isReceived: true },
  {
    name: 'an upload with parts that have come',
    length: 40 * MIB,
    before: 0,
    sent: 17 * MIB,
    isReceived: true,
  },
  {
    name: 'an upload with parts on their way',
    length: 40 * MIB,
    before: 0,
    sent: 22 * MIB,
    isReceived: false,
  },
  {
    name: 'an upload with a part and more that count, and others on their way',
    length: 40 * MIB,
    before: 7 * MIB,
    sent: 22 * MIB,
    isReceived: false,
  },
];

describe.each(PLATFORMS)('A machine with its bytes in a bucket (%s)', (platform) => {
  const bucket = new TestBucket();
  let database: PostgresServer;
  let folder: string;
  let one: ServerProcess;
  let other: ServerProcess;

  beforeAll(async () => {
    await bucket.make();
    folder = await makeTempFolder();
    database = await PostgresServer.start();
    const postgres = { connectionString: database.url, patience: '1s', max: 10 };
    const start = (name: string) => {
      const tmpFileDir = join(folder, name);
      const settings = { platform, tmpFileDir, postgres, bucket: bucket.name };
      return ServerProcess.startScript(SERVER, [JSON.stringify(settings)]);
    };
    [one, other] = await Promise.all([start('one'), start('other')]);
  });

  afterAll(async () => {
    await Promise.all([one, other].map((server) => server.kill()));
    await database.remove();
    await removeTempFolder(folder);
    await bucket.remove();
  });

  /** Begins a PATCH that brings the rest, as far as told. */
  async function begin(upload: CreatedUpload, story: Story, content: Buffer) {
    const { before, sent, length } = story;
    const connection = await RawConnection.open(one);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${before}`];
    const head = rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length - before}`]);
    await connection.write(head);
    await connection.write(content.subarray(before, before + sent));
    const isThere = (line: string) => line === `progress ${upload.id} ${before + sent}`;
    if (story.isReceived) await one.until(() => one.printed.find(isThere));
    return connection;
  }

  const deliveries = ({ id }: CreatedUpload) =>
    [...one.printed, ...other.printed].filter((line) => line.startsWith(`finished ${id} `));

  it.each(STORIES)(
    'that is frozen over $name acknowledges nothing of what another one takes over',
    async (story) => {
      const { length, before, sent } = story;
      const [content, wrong] = [bytes(length), bytes(length)];
      const upload = await create(one, { length });
      const first = content.subarray(0, before);
      if (before > 0) expect((await patch(one, upload, { body: first })).status).toBe(204);
      const late = await begin(upload, story, content);
      one.freeze();

      const offset = await offsetOf(other, upload);
      const half = Math.ceil((offset + length) / 2);
      const more = { offset, body: content.subarray(offset, half) };
      expect((await patch(other, upload, more)).status).toBe(204);
      // A process that is frozen takes only some of it.
      const writing = late.write(wrong.subarray(before + sent));
      one.thaw();

      expect(await late.responseOrClose()).toBeUndefined();
      await writing;
      expect(await offsetOf(one, upload)).toBe(half);
      const rest = { offset: half, body: content.subarray(half) };
      expect((await patch(other, upload, rest)).status).toBe(204);
      expect((await bucket.get(upload.id)).equals(content)).toBe(true);
      await eventually(() =>
        expect(deliveries(upload)).toEqual([`finished ${upload.id} ${length}`]),
      );
      await eventually(async () => {
        const left = (await bucket.all()).filter((key) => key.includes(upload.id));
        expect(left).toEqual([upload.id]);
      });
    },
  );

  it('that is killed over parts on their way leaves what counts to another one', async () => {
    const story = STORIES.at(-1)!;
    const content = bytes(story.length);
    const upload = await create(other, { length: story.length });
    const first = content.subarray(0, story.before);
    expect((await patch(other, upload, { body: first })).status).toBe(204);
    await begin(upload, story, content);
    await one.kill();

    expect(await offsetOf(other, upload)).toBe(story.before);
    const rest = { offset: story.before, body: content.subarray(story.before) };
    expect((await patch(other, upload, rest)).status).toBe(204);
    expect((await bucket.get(upload.id)).equals(content)).toBe(true);
  });
});
