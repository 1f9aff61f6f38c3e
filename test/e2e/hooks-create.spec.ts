import {
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  Scope,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { join } from 'node:path';
import { BeforeUploadCreate, TusModule } from '../../lib/index.js';
import type { UploadChanges, UploadDraft } from '../../lib/index.js';
import {
  OCTETS,
  PLATFORMS,
  create,
  encodeMetadata,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  patch,
  post,
  rawHead,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';

type Answer = UploadChanges | undefined | void;

interface RequestLike {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Two methods that answer what a test wants them to. */
@Injectable()
class Desk {
  readonly drafts: UploadDraft[] = [];

  /** What the first one answers; nothing unless set. */
  first: (draft: UploadDraft) => Answer | Promise<Answer> = () => undefined;

  /** What the second one answers; nothing unless set. */
  second: (draft: UploadDraft) => Answer = () => undefined;

  reset(): void {
    this.drafts.length = 0;
    this.first = () => undefined;
    this.second = () => undefined;
  }

  @BeforeUploadCreate()
  askFirst(draft: UploadDraft): Answer | Promise<Answer> {
    this.drafts.push(draft);
    return this.first(draft);
  }

  @BeforeUploadCreate({ when: ({ metadata }) => metadata['ask'] !== 'one' })
  askSecond(draft: UploadDraft): Answer {
    return this.second(draft);
  }
}

@Injectable()
class PickyDesk {
  asked = 0;

  @BeforeUploadCreate({
    id: 'picky',
    when: ({ metadata }) => {
      if (metadata['ask'] === 'picky') throw new Error('I cannot tell.');
      return false;
    },
  })
  ask(): void {
    this.asked++;
  }
}

const deskOf = (app: TestApp): Desk => app.nest.get(Desk);

/** All that is kept: files but for the registry's own, and what is known of uploads. */
async function kept(app: TestApp): Promise<{ files: string[]; uploads: number }> {
  const files = (await listFiles(app.tmpFileDir)).filter((file) => !file.startsWith('.tus'));
  const { items } = await app.tus.list({ limit: 1000 });
  return { files, uploads: items.length };
}

describe.each(PLATFORMS)('@BeforeUploadCreate() on %s', (platform) => {
  const app = useApp({
    platform,
    providers: [Desk, PickyDesk],
    tus: { owner: (request) => (request as RequestLike).headers['x-user'] },
  });
  const desk = (): Desk => deskOf(app());
  beforeEach(() => desk().reset());

  it('is given what is known of the upload, and the request', async () => {
    await create(app(), {
      length: 5,
      metadata: { filename: 'a/b.txt', kind: 'text' },
      headers: { 'X-User': 'ada' },
    });
    await create(app());

    const [draft, bare] = desk().drafts;
    expect(draft).toMatchObject({
      metadata: { filename: 'a/b.txt', kind: 'text' },
      filename: 'b.txt',
      length: 5,
      owner: 'ada',
      partial: false,
    });
    expect((draft!.request as RequestLike).headers['x-user']).toBe('ada');
    expect(Object.keys(bare!).sort()).toEqual(['metadata', 'partial', 'request']);
  });

  it('is told of the limit there is', async () => {
    desk().first = () => ({ maxSize: '1KB' });
    const maxSizes: unknown[] = [];
    desk().second = ({ maxSize }) => void maxSizes.push(maxSize);
    await create(app(), { length: 5 });

    expect([desk().drafts[0]!.maxSize, ...maxSizes]).toEqual([undefined, 1024]);
  });

  it('is asked about parts, and about the whole', async () => {
    const part = await create(app(), {
      length: 5,
      body: 'hello',
      headers: { 'Upload-Concat': 'partial' },
    });
    await create(app(), {
      headers: { 'Upload-Defer-Length': undefined, 'Upload-Concat': `final;${part.path}` },
    });

    expect(desk().drafts.map(({ partial }) => partial)).toEqual([true, false]);
  });

  it.each<[string, () => HttpException, number, object]>([
    [
      '403',
      () => new ForbiddenException('Not today.'),
      403,
      { message: 'Not today.', error: 'Forbidden', statusCode: 403 },
    ],
    ['422 with an object', () => new UnprocessableEntityException({ code: 7 }), 422, { code: 7 }],
    ['429', () => new HttpException({ wait: 9 }, 429), 429, { wait: 9 }],
    [
      '503',
      () => new ServiceUnavailableException(),
      503,
      { message: 'Service Unavailable', statusCode: 503 },
    ],
  ])('refuses with %s, before the body is read, and nothing is left', async (...row) => {
    const [, exception, status, body] = row;
    const before = await kept(app());
    desk().first = async () => Promise.reject(exception());
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 10', `Content-Type: ${OCTETS}`];
    await connection.write(rawHead('POST', '/files', [...lines, 'Content-Length: 10']));
    const response = await connection.response();

    expect(response.status).toBe(status);
    expect(JSON.parse(response.body.toString())).toEqual(body);
    expect(response.header('connection')).toBe('close');
    expect(response.header('tus-resumable')).toBe('1.0.0');
    expect(response.header('location')).toBeUndefined();
    expect(await kept(app())).toEqual(before);
    expect(app().logs.errors()).toEqual([]);
  });

  it('that fails is a fault of the server’s, logged once', async () => {
    const before = await kept(app());
    const logged = app().logs.errors().length;
    desk().first = () => {
      throw new Error('The database is down.');
    };

    const response = await post(app(), { length: 5, body: 'hello' });

    expectRefused(response, 500);
    expect(response.text).not.toContain('database');
    const lines = app().logs.errors().slice(logged);
    expect(lines).toEqual([
      expect.stringContaining('A new upload failed on POST: The database is down.'),
    ]);
    expect(await kept(app())).toEqual(before);
  });

  it('may change what the client said of the upload', async () => {
    desk().first = ({ metadata }) => ({
      metadata: { filename: `${metadata['filename']}.bak`, 'scanned-by': 'Désirée' },
    });

    const upload = await create(app(), {
      length: 5,
      body: 'hello',
      metadata: { filename: 'a.txt', dropped: 'yes' },
    });
    const { metadata, filename } = await app().finished.of(upload.id);
    const answer = await head(app(), upload);

    const changed = { filename: 'a.txt.bak', 'scanned-by': 'Désirée' };
    expect(metadata).toEqual(changed);
    expect(filename).toBe('a.txt.bak');
    expect(answer.headers['upload-metadata']).toBe(encodeMetadata(changed));
  });

  it('may leave nothing of what the client said', async () => {
    desk().first = () => ({ metadata: {} });
    const upload = await create(app(), { length: 5, metadata: { filename: 'a.txt' } });

    expect((await head(app(), upload)).headers['upload-metadata']).toBeUndefined();
  });

  it('may give the upload to somebody else', async () => {
    desk().first = () => ({ owner: 'bob' });
    const upload = await create(app(), { length: 5, headers: { 'X-User': 'ada' } });

    expectHeadRefused(await head(app(), upload, { 'X-User': 'ada' }), 404);
    expect((await head(app(), upload, { 'X-User': 'bob' })).status).toBe(200);
    expect((await app().tus.find(upload.id))?.owner).toBe('bob');
  });

  it('may limit the size: of what is announced', async () => {
    const before = await kept(app());
    desk().first = () => ({ maxSize: 10 });
    await create(app(), { length: 10 });
    const tooLong = await post(app(), { length: 11 });

    expectRefused(tooLong, 413);
    expect((await kept(app())).uploads).toBe(before.uploads + 1);
  });

  it('may limit the size: of what comes when nothing was announced', async () => {
    desk().first = () => ({ maxSize: '10B' });
    const upload = await create(app());

    const tooLong = await patch(app(), upload, { body: 'hello world' });
    const announced = await patch(app(), upload, { body: '', headers: { 'Upload-Length': '11' } });
    const { status } = await patch(app(), upload, {
      body: 'hello you!',
      headers: { 'Upload-Length': '10' },
    });

    expectRefused(tooLong, 413);
    expectRefused(announced, 413);
    expect(status).toBe(204);
  });

  it('may add headers to the answer, with bytes and without', async () => {
    desk().first = () => ({ headers: { 'X-Ticket': '7', location: '/elsewhere' } });
    const empty = await create(app(), { length: 5 });
    const whole = await create(app(), { length: 5, body: 'hello' });

    for (const { response, id } of [empty, whole]) {
      expect(response.all('X-Ticket')).toEqual(['7']);
      expect(response.all('Location')).toEqual([`/files/${id}`]);
    }
    expect(whole.response.headers['upload-offset']).toBe('5');
    expect((await head(app(), whole)).headers).not.toHaveProperty('x-ticket');
  });

  it('sees what the one before it has changed, and has the last word', async () => {
    const seen: UploadDraft[] = [];
    desk().first = () => ({
      metadata: { by: 'first' },
      owner: 'first',
      maxSize: 100,
      headers: { 'X-One': '1', 'X-Both': '1' },
    });
    desk().second = (draft) => {
      seen.push(draft);
      return { metadata: { ...draft.metadata, and: 'second' }, headers: { 'X-Both': '2' } };
    };

    const upload = await create(app(), { length: 5, headers: { 'X-User': 'ada' } });
    const { metadata, owner } = (await app().tus.find(upload.id))!;

    expect(seen).toMatchObject([{ metadata: { by: 'first' }, owner: 'first', maxSize: 100 }]);
    expect({ ...metadata }).toEqual({ by: 'first', and: 'second' });
    expect(owner).toBe('first');
    expect(upload.response.all('X-One')).toEqual(['1']);
    expect(upload.response.all('X-Both')).toEqual(['2']);
  });

  it('is not asked when one before it refuses, or when it does not want to', async () => {
    let asked = 0;
    desk().second = () => void asked++;
    await create(app(), { length: 5, metadata: { ask: 'one' } });
    desk().first = () => {
      throw new ForbiddenException();
    };
    await post(app(), { length: 5 });

    expect(asked).toBe(0);
    expect(app().nest.get(PickyDesk).asked).toBe(0);
  });

  it('is asked, and that is logged, when it cannot tell whether it wants to be', async () => {
    await create(app(), { length: 5, metadata: { ask: 'picky' } });

    expect(app().nest.get(PickyDesk).asked).toBe(1);
    expect(app().logs.errors().at(-1)).toContain(
      'the "when" of picky failed, so it is called: I cannot tell.',
    );
  });

  it.each<[string, UploadChanges]>([
    ['a size that is none', { maxSize: 'huge' }],
    ['metadata with a key that is none', { metadata: { 'a b': '1' } }],
    ['a header that cannot be sent', { headers: { 'X-Name': '日本語' } }],
    ['a header with a name that is none', { headers: { 'X Name': '1' } }],
    ['a path outside of the folder', { path: '../outside.txt' }],
    ['a path that is not relative', { path: '/etc/passwd' }],
    ['a path into the registry', { path: '.tus/data.mdb' }],
    ['an owner that is no text', { owner: 5 as never }],
    ['an owner that is null', { owner: null as never }],
    ['a name that no file system takes', { path: 'x'.repeat(256) }],
  ])('that answers with %s is a fault, and nothing is left', async (_name, changes) => {
    const before = await kept(app());
    const logged = app().logs.errors().length;
    desk().first = () => changes;

    const response = await post(app(), { length: 5, body: 'hello' });

    expectRefused(response, 500);
    expect(app().logs.errors()).toHaveLength(logged + 1);
    expect(app().logs.errors().at(-1)).toContain('A new upload failed on POST: ');
    expect(await kept(app())).toEqual(before);
  });

  it('is asked about what the server creates, without a request', async () => {
    desk().first = ({ metadata }) => ({ metadata: { ...metadata, added: 'yes' } });
    const { id } = await app().tus.create({ length: 5, owner: 'ada', metadata: { kind: 'text' } });
    desk().first = () => {
      throw new ForbiddenException('Not today.');
    };
    const refused = app().tus.create({ length: 5 });

    await expect(refused).rejects.toThrow(ForbiddenException);
    expect(desk().drafts[0]).toEqual({
      metadata: { kind: 'text' },
      partial: false,
      length: 5,
      owner: 'ada',
    });
    expect({ ...(await app().tus.find(id))!.metadata }).toEqual({ kind: 'text', added: 'yes' });
  });
});

describe.each(PLATFORMS)('@BeforeUploadCreate() for an instance on %s', (platform) => {
  @Injectable()
  class AvatarDesk {
    @BeforeUploadCreate({ instance: 'avatars' })
    refuse(): never {
      throw new ForbiddenException('No avatars.');
    }
  }

  const app = useApp({
    platform,
    providers: [AvatarDesk],
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
      }),
    ],
  });

  it('is asked for that one only', async () => {
    expect((await post(app(), { length: 5, path: '/avatars' })).status).toBe(403);
    expect((await post(app(), { length: 5 })).status).toBe(201);
  });
});

describe.each(PLATFORMS)('@BeforeUploadCreate() in a request-scoped provider on %s', (platform) => {
  @Injectable({ scope: Scope.REQUEST })
  class ScopedDesk {
    constructor(@Inject(REQUEST) private readonly request: RequestLike) {}

    @BeforeUploadCreate()
    ask({ request }: UploadDraft): UploadChanges {
      const isSame = request === this.request;
      return { headers: { 'X-Saw': `${this.request.headers['x-user']} ${isSame}` } };
    }
  }

  const app = useApp({ platform, providers: [ScopedDesk] });

  it('is made for each request, which it can inject', async () => {
    const uploads = await Promise.all(
      ['ada', 'bob'].map((user) => create(app(), { length: 5, headers: { 'X-User': user } })),
    );

    expect(uploads.map(({ response }) => response.headers['x-saw'])).toEqual([
      'ada true',
      'bob true',
    ]);
  });
});
