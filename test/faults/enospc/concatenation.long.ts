import {
  create,
  head,
  offsetOf,
  PLATFORMS,
  request,
  SeededContent,
  TUS,
} from '../../support/index.js';
import type { CreatedUpload, HttpResponse, PlatformName } from '../../support/index.js';
import type { FullDiskServer } from './full-disk-server.js';
import { ReluctantServer } from './reluctant-server.js';
import { findMountOptions, SmallDiskServer } from './small-disk-server.js';

type Start = (platform: PlatformName) => Promise<FullDiskServer>;

const SMALL = new SeededContent('small part', 100 * 1024);
const LARGE = new SeededContent('large part', 3 * 1024 * 1024);

const mountOptions = await findMountOptions();
const disks: [string, Start][] = [
  ['a disk that says it is full', (platform) => ReluctantServer.start(platform)],
];
if (mountOptions !== undefined) {
  disks.push(['a small disk', (platform) => SmallDiskServer.start(platform, mountOptions)]);
}

describe.each(disks)('On %s', (_disk, start) => {
  describe.each(PLATFORMS)('a concatenation with %s', (platform) => {
    let server: FullDiskServer;
    let parts: CreatedUpload[];

    beforeAll(async () => {
      server = await start(platform);
      parts = [await createPart(SMALL), await createPart(LARGE)];
      await server.fill();
    });

    afterAll(() => server.stop());

    it('that finds no room is answered 507, and leaves nothing of its own', async () => {
      const before = await server.files();

      expectFull(await concatenate());

      expect(await server.files()).toEqual(before);
      server.expectWell();
    });

    it('leaves its parts whole', async () => {
      await expectWhole();
    });

    it('is refused again and again as long as there is no room', async () => {
      const before = await server.files();

      for (let count = 0; count < 5; count++) expectFull(await concatenate());

      expect(await server.files()).toEqual(before);
      await expectWhole();
      server.expectWell();
    });

    it('works once there is room, from the same parts', async () => {
      await server.makeRoom();

      const response = await concatenate();

      expect(`${response.status} ${response.text}`).toBe('201 ');
      const path = response.headers.location!;
      const final = { path, id: path.slice(-32) };
      expect(await offsetOf(server.target, final)).toBe(SMALL.length + LARGE.length);
      const expected = Buffer.concat([SMALL.bytes(), LARGE.bytes()]);
      expect((await server.stored(final)).equals(expected)).toBe(true);
      await server.delivered(final);
      server.expectWell();
    });

    function createPart(content: SeededContent): Promise<CreatedUpload> {
      const headers = { 'Upload-Concat': 'partial' };
      return create(server.target, { length: content.length, body: content.bytes(), headers });
    }

    function concatenate(): Promise<HttpResponse> {
      const list = parts.map(({ path }) => path).join(' ');
      const headers = { ...TUS, 'Upload-Concat': `final;${list}` };
      return request(server.target, { method: 'POST', path: '/files', headers });
    }

    async function expectWhole(): Promise<void> {
      for (const [index, content] of [SMALL, LARGE].entries()) {
        const { status, headers } = await head(server.target, parts[index]!);
        expect(status).toBe(200);
        expect(headers['upload-offset']).toBe(String(content.length));
        expect((await server.stored(parts[index]!)).equals(content.bytes())).toBe(true);
      }
    }
  });
});

function expectFull(response: HttpResponse): void {
  expect(`${response.status} ${response.text}`).toMatch(/^507 [^\n]+\n?$/);
}
