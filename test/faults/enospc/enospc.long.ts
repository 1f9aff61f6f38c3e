import {
  create,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  SeededContent,
  terminate,
} from '../../support/index.js';
import type { CreatedUpload, HttpResponse, PlatformName } from '../../support/index.js';
import type { FullDiskServer } from './full-disk-server.js';
import { ReluctantServer } from './reluctant-server.js';
import { findMountOptions, SmallDiskServer } from './small-disk-server.js';

type Start = (platform: PlatformName) => Promise<FullDiskServer>;

const CREATIONS = 2000;
const content = new SeededContent('full disk', 3 * 1024 * 1024);

const mountOptions = await findMountOptions();
const disks: [string, Start][] = [
  ['a disk that says it is full', (platform) => ReluctantServer.start(platform)],
];
if (mountOptions !== undefined) {
  disks.push(['a small disk', (platform) => SmallDiskServer.start(platform, mountOptions)]);
}

describe.each(disks)('On %s', (_disk, start) => {
  describe.each(PLATFORMS)('with %s', (platform) => {
    let server: FullDiskServer;

    beforeAll(async () => {
      server = await start(platform);
    });

    afterEach(() => server.makeRoom());

    afterAll(() => server.stop());

    it('a PATCH that finds no room is answered 507, and HEAD says what was kept', async () => {
      const upload = await create(server.target, { length: content.length });
      await server.fill();

      expectFull(await patch(server.target, upload, { body: content.bytes() }));

      const stored = await server.stored(upload);
      expect(stored.length).toBeGreaterThan(0);
      expect(stored.equals(content.bytes(0, stored.length))).toBe(true);
      expect(await offsetOf(server.target, upload)).toBe(stored.length);
      server.expectWell();
    });

    it('an upload goes on to its end once there is room', async () => {
      const upload = await create(server.target, { length: content.length });
      await server.fill();
      await patch(server.target, upload, { body: content.bytes() });
      await server.makeRoom();

      await sendRest(upload);

      expect((await server.stored(upload)).equals(content.bytes())).toBe(true);
      await server.delivered(upload);
      server.expectWell();
    });

    it('a creation that finds no room is answered 507, and works once there is some', async () => {
      const upload = await create(server.target, { length: content.length });
      await server.fill();
      await patch(server.target, upload, { body: content.bytes() });

      expectFull(await createUntilRefused());
      await server.makeRoom();

      expect((await post(server.target, { length: 1 })).status).toBe(201);
      await sendRest(upload);
      await server.delivered(upload);
      server.expectWell();
    });

    it('the first bytes of a creation that find no room are answered 507', async () => {
      await create(server.target, { length: 1 });
      await server.fill();

      const length = content.length;
      expectFull(await post(server.target, { length, body: content.bytes() }));
      server.expectWell();
    });

    it('an upload that has taken the last room can be terminated, which makes room', async () => {
      const upload = await create(server.target, { length: content.length });
      await server.fill();
      await patch(server.target, upload, { body: content.bytes() });
      expectFull(await createUntilRefused());

      const response = await terminate(server.target, upload);

      expect(`${response.status} ${response.text}`).toBe('204 ');
      expect(await server.files()).not.toContain(upload.id);
      expect((await post(server.target, { length: 1 })).status).toBe(201);
      server.expectWell();
    });

    /** Goes on where HEAD says, as a client does. */
    async function sendRest(upload: CreatedUpload): Promise<void> {
      const offset = await offsetOf(server.target, upload);
      const body = content.bytes(offset);
      expect((await patch(server.target, upload, { offset, body })).status).toBe(204);
    }

    /** The registry's file may have room within itself for a while. */
    async function createUntilRefused(): Promise<HttpResponse> {
      for (let count = 0; count < CREATIONS; count++) {
        const response = await post(server.target, {
          length: 1,
          metadata: { k: 'x'.repeat(2000) },
        });
        if (response.status !== 201) return response;
      }
      throw new Error('The disk was never full.');
    }
  });
});

function expectFull(response: HttpResponse): void {
  expect(`${response.status} ${response.text}`).toMatch(/^507 [^\n]+\n?$/);
  expect(response.headers.connection).toBe('close');
}
