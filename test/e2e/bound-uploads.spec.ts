import { All, Controller, Param, Req, Res } from '@nestjs/common';
import { TusEndpoint, TusService, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload, PlatformRequest, PlatformResponse } from '../../lib/index.js';
import {
  PLATFORMS,
  TUS,
  create,
  expectHeadRefused,
  expectRefused,
  head,
  offsetOf,
  patch,
  post,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';

@Controller('users/:user')
class UsersController {
  @TusEndpoint('avatar')
  avatar(@Param('user') user: string, @UploadedUpload() { size }: EndpointUpload): object {
    return { user, size };
  }
}

/** A route of the app's own, which calls the upload as it likes. */
@Controller('own/:tenant')
class OwnController {
  constructor(private readonly tus: TusService) {}

  @All(['', ':file'])
  async upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    await this.tus.handle(request, response);
  }
}

@Controller('wild')
class WildController extends OwnController {
  @All('*')
  override upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse) {
    return super.upload(request, response);
  }
}

const controllers = [UsersController, OwnController, WildController];

/** Where uploads are created, and where somebody else creates them. */
const PLACES: [name: string, own: string, other: string][] = [
  ['the upload path', '/tenants/a/files', '/tenants/b/files'],
  ['an endpoint', '/users/a/avatar', '/users/b/avatar'],
  ["a route of the app's own", '/own/a', '/own/b'],
  ['a wildcard', '/wild/a/x', '/wild/a/y'],
];

describe.each(PLATFORMS)('Uploads below parameters of a path on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { uploadPath: 'tenants/:tenant/files', download: true },
    controllers,
  });
  const below = (path: string, { id }: CreatedUpload) => ({ path: `${path}/${id}` });

  it.each(PLACES)('are not there under others, at %s', async (_name, own, other) => {
    const upload = await create(app(), { path: own, length: 10 });
    await patch(app(), upload, { body: 'hello' });
    const elsewhere = below(other, upload);

    expectHeadRefused(await head(app(), elsewhere), 404);
    expectRefused(await patch(app(), elsewhere, { offset: 5, body: 'world' }), 404);
    expectRefused(await terminate(app(), elsewhere), 404);

    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await terminate(app(), upload)).status).toBe(204);
    expectRefused(await terminate(app(), elsewhere), 404);
  });

  it.each(PLACES)('are not there with the id in place of another one, at %s', async (...place) => {
    const [, own] = place;
    const upload = await create(app(), { path: own, length: 5 });
    const { id } = upload;

    expectHeadRefused(await head(app(), below(own.replace(/\ba\b/, id), upload)), 404);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('are no parts of what is created under others', async () => {
    const parts = ['/tenants/a/files', '/own/a'].map((path) =>
      create(app(), {
        path,
        length: 5,
        body: 'hello',
        headers: { 'Upload-Concat': 'partial' },
      }),
    );
    const final = (path: string, { id }: CreatedUpload) =>
      post(app(), {
        path,
        headers: {
          'Upload-Concat': `final;${path}/${id}`,
          'Upload-Defer-Length': undefined,
        },
      });
    const [part, ownPart] = (await Promise.all(parts)) as [CreatedUpload, CreatedUpload];

    expectRefused(await final('/tenants/b/files', part), 400);
    expectRefused(await final('/own/b', ownPart), 400);
    expect((await final('/tenants/a/files', part)).status).toBe(201);
    expect((await final('/own/a', ownPart)).status).toBe(201);
  });

  it('cannot be downloaded under others', async () => {
    const upload = await create(app(), { path: '/tenants/a/files', length: 5, body: 'hello' });
    const get = (path: string) => app().request({ path });

    expectRefused(await get(`/tenants/b/files/${upload.id}`), 404);
    expect((await get(upload.path)).text).toBe('hello');
  });

  it('are there however their parameters are spelled', async () => {
    const upload = await create(app(), { path: '/tenants/a%20b/files', length: 5 });

    expect(await offsetOf(app(), below('/tenants/%61%20b/files', upload))).toBe(0);
    expect(await offsetOf(app(), below('/tenants/a%20b/files', upload))).toBe(0);
    expectHeadRefused(await head(app(), below('/tenants/a%2520b/files', upload)), 404);
  });

  it('are refused as uploads that never were', async () => {
    const upload = await create(app(), { path: '/tenants/a/files', length: 5 });
    const bodyOf = async (path: string) =>
      (await app().request({ method: 'DELETE', path, headers: TUS })).text;

    const unknown = await bodyOf(`/tenants/b/files/${'0'.repeat(32)}`);
    const bound = await bodyOf(`/tenants/b/files/${upload.id}`);

    expect(bound.replace(upload.id, '')).toBe(unknown.replace('0'.repeat(32), ''));
  });
});

describe.each(PLATFORMS)('Uploads that are bound to no parameters on %s', (platform) => {
  const under = async (app: TestApp, tenant: string, id: string) =>
    (await head(app, { path: `/tenants/${tenant}/files/${id}` })).status;

  it('are there under all: those of the server', async () => {
    const app = await startApp({
      platform,
      tus: {
        uploadPath: 'tenants/:tenant/files',
        publicUrl: 'https://cdn.example/tenants/a/files',
      },
    });
    const { id } = await app.tus.create({ length: 5 });

    expect([await under(app, 'a', id), await under(app, 'b', id)]).toEqual([200, 200]);
    await app.close();
  });

  it('are there under all: those from before the path had parameters', async () => {
    const before = await startApp({ platform });
    const { id } = await create(before, { length: 5 });
    await before.nest.close();
    const { tmpFileDir } = before;
    const app = await startApp({
      platform,
      tmpFileDir,
      tus: { uploadPath: 'tenants/:tenant/files' },
    });

    expect([await under(app, 'a', id), await under(app, 'b', id)]).toEqual([200, 200]);
    await app.close();
    await before.close();
  });
});
