import SwaggerParser from '@apidevtools/swagger-parser';
import { Controller, Param, Query, VersioningType } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  ApiTags,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { TusController, TusEndpoint, TusModule, UploadedUpload } from '../../lib/index.js';
import type { EndpointUpload } from '../../lib/index.js';
import {
  PLATFORMS,
  TUS,
  append,
  cancel,
  create,
  createResumable,
  head,
  patch,
  post,
  retrieveOffset,
  sendCreation,
  terminate,
  uploadAt,
  useApp,
} from '../support/index.js';
import type { HttpResponse, StartAppOptions, TestApp } from '../support/index.js';

/** An operation, as far as the tests look at it. */
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags: string[];
  readonly security?: object[];
  readonly parameters: { name: string; in: string; required?: boolean }[];
  readonly requestBody?: { content: object };
  readonly responses: Record<string, { headers?: object; content?: object; description: string }>;
}

class Avatar {
  @ApiProperty()
  url!: string;
}

@Controller('users/:user')
class UsersController {
  @ApiOperation({ summary: 'Set an avatar', operationId: 'setAvatar' })
  @ApiQuery({ name: 'album', required: false })
  @ApiOkResponse({ type: Avatar, description: 'The avatar.' })
  @TusEndpoint('avatar')
  avatar(
    @Param('user') user: string,
    @Query('album') album: string,
    @UploadedUpload() { size }: EndpointUpload,
  ): object {
    return { user, size, album };
  }
}

@Controller('clips')
class ClipsController {
  @TusEndpoint()
  clip(): void {}

  @TusEndpoint('of/:user')
  clipOf(): void {}
}

@Controller('put')
class PutController {
  @TusEndpoint('', { methods: ['POST', 'PUT'] })
  take(): void {}
}

@Controller('tus-only')
class TusOnlyController {
  @TusEndpoint('', { protocols: ['tus'] })
  take(): void {}
}

class OwnController extends TusController {
  @ApiOperation({ summary: 'Begin a scan', operationId: 'beginScan' })
  override post(...args: Parameters<TusController['post']>): Promise<void> {
    return super.post(...args);
  }

  @ApiOperation({ operationId: 'whatIsOffered' })
  override options(...args: Parameters<TusController['options']>): Promise<void> {
    return super.options(...args);
  }
}

const options: Omit<StartAppOptions, 'platform'> = {
  tus: {
    uploadPath: 'tenants/:tenant/files',
    download: true,
    decorators: [ApiTags('uploads'), ApiBearerAuth()],
  },
  imports: (folder) => [
    TusModule.forRoot({ name: 'user-avatars', uploadPath: '/a', tmpFileDir: `${folder}-a` }),
    TusModule.forRoot({
      name: '2nd',
      uploadPath: '/scans',
      tmpFileDir: `${folder}-2`,
      controller: OwnController,
    }),
  ],
  controllers: [UsersController, ClipsController],
};

function documentOf(app: TestApp): OpenAPIObject {
  return SwaggerModule.createDocument(app.nest, new DocumentBuilder().addBearerAuth().build());
}

function operationAt(document: OpenAPIObject, verb: string, path: string): Operation {
  return (document.paths[path] as unknown as Record<string, Operation>)[verb] as Operation;
}

function operationsIn(document: OpenAPIObject): [path: string, operation: Operation][] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.values(operations as unknown as Record<string, Operation>).map(
      (operation): [string, Operation] => [path, operation],
    ),
  );
}

/** What a validator of OpenAPI has to say against a document; nothing of a valid one. */
async function faultsOf(document: OpenAPIObject): Promise<string> {
  return SwaggerParser.validate(document as never).then(
    () => '',
    (error: unknown) => String(error),
  );
}

describe.each(PLATFORMS)('The OpenAPI document on %s', (platform) => {
  const app = useApp({ platform, ...options });
  let made: OpenAPIObject;
  beforeAll(() => {
    made = documentOf(app());
  });
  const document = () => structuredClone(made);
  const at = (verb: string, path: string) => operationAt(document(), verb, path);

  it('is valid', async () => {
    expect(await faultsOf(document())).toBe('');
  });

  it('would not be valid with anything else in it', async () => {
    const broken = document();
    operationAt(broken, 'patch', '/a/{id}').parameters[0] = { name: 'id', in: 'nowhere' };

    expect(await faultsOf(broken)).toContain('validation');
  });

  it('has an id for each operation, which is the only one and can stand in code', () => {
    const ids = operationsIn(document()).map(([, { operationId }]) => operationId);

    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z_]\w*$/);
    expect(ids).toEqual(
      expect.arrayContaining([
        'TusController_post',
        'TusController_patch',
        'UserAvatarsTusController_patch',
        '_2ndOwnController_patch',
        'ClipsController_clip',
        'ClipsController_clip_PATCH',
        'ClipsController_clipOf_OPTIONS_upload',
      ]),
    );
  });

  it('has all parameters of each path, and no others', () => {
    for (const [path, { parameters }] of operationsIn(document())) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = parameters.filter((parameter) => parameter.in === 'path');

      expect(described.map(({ name }) => name).sort()).toEqual(names.sort());
      for (const { required } of described) expect(required).toBe(true);
    }
  });

  it.each([
    ['/tenants/{tenant}/files', ['options', 'post']],
    ['/tenants/{tenant}/files/{id}', ['delete', 'get', 'head', 'options', 'patch']],
    ['/users/{user}/avatar', ['options', 'post']],
    ['/users/{user}/avatar/{uploadId}', ['delete', 'head', 'options', 'patch']],
    ['/clips', ['options', 'post']],
    ['/clips/of/{user}/{uploadId}', ['delete', 'head', 'options', 'patch']],
  ])('has what %s serves, and not what it only refuses', (path, verbs) => {
    expect(Object.keys(document().paths[path] ?? {}).sort()).toEqual(verbs);
  });

  it('tells which headers a request needs', () => {
    const needed = ({ parameters }: Operation) =>
      parameters.filter((each) => each.in === 'header' && each.required).map(({ name }) => name);
    const path = '/tenants/{tenant}/files/{id}';

    expect(needed(at('patch', path))).toEqual(['Tus-Resumable', 'Upload-Offset']);
    expect(needed(at('head', path))).toEqual(['Tus-Resumable']);
    expect(needed(at('options', path))).toEqual([]);
    expect(at('patch', path).requestBody).toMatchObject({
      required: true,
      content: { 'application/offset+octet-stream': {} },
    });
    expect(at('head', path).requestBody).toBeUndefined();
  });

  it.each([
    ['/tenants/{tenant}/files', '/tenants/a/files', '{id}'],
    ['/users/{user}/avatar', '/users/a/avatar', '{uploadId}'],
  ])('tells how each route of %s answers', async (template, path, id) => {
    const upload = await create(app(), { path, length: 10 });
    const other = await create(app(), { path, length: 5 });
    const unknown = { path: `${path}/${'0'.repeat(32)}` };
    const request = (method: string, headers = {}) =>
      app().request({ method, path: upload.path, headers: { ...TUS, ...headers } });
    const answers: [string, string, HttpResponse][] = [
      ['post', template, upload.response],
      ['post', template, await post(app(), { path, headers: { 'Upload-Length': 'x' } })],
      ['post', template, await post(app(), { path, headers: { 'Tus-Resumable': '2' } })],
      ['patch', `${template}/${id}`, await patch(app(), upload, { body: 'hello' })],
      ['patch', `${template}/${id}`, await patch(app(), upload, { body: 'hello' })],
      ['patch', `${template}/${id}`, await patch(app(), unknown, { body: 'hello' })],
      ['patch', `${template}/${id}`, await patch(app(), upload, { offset: 5, body: 'world' })],
      ['head', `${template}/${id}`, await head(app(), upload)],
      ['head', `${template}/${id}`, await head(app(), unknown)],
      ['options', `${template}/${id}`, await request('OPTIONS')],
      ['options', template, await app().request({ method: 'OPTIONS', path })],
      ['delete', `${template}/${id}`, await terminate(app(), other)],
      ['delete', `${template}/${id}`, await terminate(app(), other)],
    ];

    for (const [verb, at, { status, headers }] of answers) {
      const { responses } = operationAt(made, verb, at);
      const told = Object.keys(responses[status]?.headers ?? {}).map((name) => name.toLowerCase());
      const ours = Object.keys(headers).filter((name) => /^(tus-|upload-|location)/.test(name));

      expect({ verb, status, described: responses[status] !== undefined }).toEqual({
        verb,
        status,
        described: true,
      });
      if (status < 300 && told.length > 0) expect(told).toEqual(expect.arrayContaining(ours));
    }
  });

  it('has what the app says of an endpoint, where it is true', () => {
    const created = at('post', '/users/{user}/avatar');
    const appended = at('patch', '/users/{user}/avatar/{uploadId}');
    const asked = at('head', '/users/{user}/avatar/{uploadId}');

    expect(created).toMatchObject({ summary: 'Set an avatar', operationId: 'setAvatar' });
    expect(appended.summary).toBe('Send bytes of an upload');
    for (const { responses } of [created, appended]) {
      expect(responses['200']).toMatchObject({
        description: 'The avatar.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Avatar' } } },
      });
    }
    expect(asked.responses['200']?.content).toBeUndefined();
    const queries = [created, appended, asked].map(({ parameters }) =>
      parameters
        .filter((each) => each.in === 'query')
        .map(({ name, required }) => [name, required]),
    );
    expect(queries).toEqual([[['album', false]], [], []]);
  });

  it('has what the app says of a controller', () => {
    expect(at('patch', '/tenants/{tenant}/files/{id}')).toMatchObject({
      tags: ['uploads'],
      security: [{ bearer: [] }],
    });
    expect(at('post', '/scans')).toMatchObject({
      summary: 'Begin a scan',
      operationId: 'beginScan',
      responses: { 201: { headers: { Location: {} } } },
    });
    expect(at('options', '/scans').operationId).toBe('whatIsOffered');
    expect(at('options', '/scans/{id}').operationId).toBe('whatIsOffered_OPTIONS_upload');
  });
});

describe.each(PLATFORMS)('The OpenAPI document of versions below a prefix on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { version: ['1', '2'] },
    controllers: [UsersController],
    configure: (nest) => {
      nest.setGlobalPrefix('api');
      nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    },
  });

  it('is valid', async () => {
    const document = documentOf(app());
    const ids = operationsIn(document).map(([, { operationId }]) => operationId);

    expect(await faultsOf(document)).toBe('');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/files/{id}',
        '/api/v2/files',
        '/api/v1/users/{user}/avatar',
      ]),
    );
    expect(ids).toEqual(expect.arrayContaining(['TusController_post_v1', 'TusController_post_v2']));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(PLATFORMS)('The OpenAPI document of the IETF’s protocol on %s', (platform) => {
  const both = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'] },
    imports: (folder) => [
      TusModule.forRootAsync({
        name: 'late',
        uploadPath: '/late',
        useFactory: () => ({ tmpFileDir: `${folder}-late`, protocols: ['ietf' as const] }),
      }),
    ],
    controllers: [PutController, UsersController, TusOnlyController],
  });
  let made: OpenAPIObject;
  beforeAll(() => {
    made = documentOf(both());
  });
  const at = (verb: string, path: string) => operationAt(made, verb, path);
  const headersOf = ({ parameters }: Operation) =>
    parameters.filter((each) => each.in === 'header').map(({ name }) => name);

  it('is valid', async () => {
    expect(await faultsOf(structuredClone(made))).toBe('');
  });

  it('tells of both protocols where both are spoken', () => {
    const creation = at('post', '/files');
    const append = at('patch', '/files/{id}');

    expect(headersOf(creation)).toEqual(
      expect.arrayContaining(['Tus-Resumable', 'Upload-Complete', 'Content-Disposition']),
    );
    expect(creation.parameters.filter(({ required }) => required)).toEqual([]);
    expect(creation.description).toMatch(/By tus: .* By the IETF’s protocol: /);
    expect(Object.keys(append.requestBody?.content ?? {})).toEqual([
      'application/offset+octet-stream',
      'application/partial-upload',
    ]);
    expect(append.parameters.find(({ name }) => name === 'Upload-Offset')?.required).toBe(true);
    expect(append.responses['409']?.content).toEqual({
      'text/plain': expect.anything(),
      'application/problem+json': expect.anything(),
    });
  });

  it('tells of 104', () => {
    expect(at('post', '/files').responses['104']?.headers).toMatchObject({
      Location: {},
      'Upload-Limit': {},
      'Upload-Draft-Interop-Version': {},
    });
    expect(at('patch', '/files/{id}').responses['104']?.headers).not.toHaveProperty('Location');
  });

  it('tells of the one protocol that is spoken, whenever that is known', () => {
    const text = JSON.stringify([made.paths['/late'], made.paths['/late/{id}']]);
    const own = JSON.stringify([made.paths['/tus-only'], made.paths['/tus-only/{uploadId}']]);

    expect(text).toContain('Upload-Complete');
    expect(text).not.toContain('Tus-');
    expect(own).toContain('Tus-Resumable');
    expect(own).not.toContain('Upload-Complete');
  });

  it('has the methods that create uploads at an endpoint', () => {
    expect(Object.keys(made.paths['/put'] ?? {}).sort()).toEqual(['options', 'post', 'put']);
    expect(at('put', '/put').summary).toBe('Create an upload');
    expect(at('put', '/put').operationId).not.toBe(at('post', '/put').operationId);
  });

  it.each([
    ['/files', '/files/{id}'],
    ['/users/{user}/avatar', '/users/{user}/avatar/{uploadId}'],
  ])('tells how each route of %s answers', async (creation, upload) => {
    const path = creation.replace('{user}', 'ada');
    const created = await sendCreation(both(), { path, complete: false, body: 'hello' });
    const { path: url } = uploadAt(created.headers.location);
    const other = await createResumable(both(), { path });
    const unknown = { path: `${path}/${'0'.repeat(32)}` };
    const answers: [string, string, HttpResponse][] = [
      ['post', creation, created],
      ['post', creation, await sendCreation(both(), { path, body: 'hello' })],
      ['post', creation, await sendCreation(both(), { path, length: 1, body: 'hello' })],
      ['patch', upload, await append(both(), { path: url }, { offset: 1, body: 'x' })],
      ['patch', upload, await append(both(), unknown, { body: 'x' })],
      [
        'patch',
        upload,
        await append(both(), { path: url }, { offset: 5, complete: false, body: 'wor' }),
      ],
      ['patch', upload, await append(both(), { path: url }, { offset: 8, body: 'ld' })],
      ['head', upload, await retrieveOffset(both(), { path: url })],
      ['head', upload, await retrieveOffset(both(), unknown)],
      ['options', creation, await both().request({ method: 'OPTIONS', path })],
      ['delete', upload, await cancel(both(), other)],
      ['delete', upload, await cancel(both(), other)],
    ];

    for (const [verb, template, { status, headers }] of answers) {
      const { headers: described } = at(verb, template).responses[status] ?? {};
      const told = Object.keys(described ?? {}).map((name) => name.toLowerCase());
      const ours = Object.keys(headers).filter((name) => /^(tus-|upload-|location)/.test(name));

      expect({ verb, status, told }).toEqual({
        verb,
        status,
        told: expect.arrayContaining(ours),
      });
    }
    expect(created.interim.map(({ status }) => status)).toEqual([104]);
  });
});
