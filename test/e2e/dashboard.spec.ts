import { UseGuards, type NestInterceptor } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { map } from 'rxjs';
import { TusDashboardModule } from '../../lib/dashboard/index.js';
import { TusModule, TusOptionError } from '../../lib/index.js';
import {
  create,
  eventually,
  patch,
  PLATFORMS,
  startApp,
  useApp,
  type HttpResponse,
} from '../support/index.js';
import { SlowPatch } from '../support/slow-patch.js';
import {
  act,
  ask,
  guarded,
  Importer,
  json,
  KeyGuard,
  send,
  withDashboard,
} from './dashboard-app.js';

interface Item {
  readonly id: string;
  readonly name?: string;
  readonly state: string;
}

interface Listed<T = Item> {
  readonly items: readonly T[];
  readonly more: boolean;
}

interface Dead {
  readonly uploadId: string;
  readonly handler: string;
}

interface Overview {
  readonly instance?: string;
  readonly receiving: Listed;
  readonly quarantined: Listed;
  readonly deliveries: Record<'dead' | 'running' | 'waiting', Listed<Dead>>;
  readonly throughput: { readonly bytes: readonly number[] };
  readonly capacity: Record<string, unknown>;
  readonly processes: readonly Record<string, unknown>[];
}

interface Found {
  readonly items: readonly Item[];
  readonly cursor?: string;
  readonly looked: number;
  readonly capacity?: unknown;
}

const ROUTES = [
  ['GET', ''],
  ['GET', '/assets/main.js'],
  ['GET', '/assets/base.css'],
  ['GET', '/api/overview'],
  ['GET', '/api/uploads'],
  ['GET', `/api/uploads/${'0'.repeat(32)}`],
  ['POST', `/api/uploads/${'0'.repeat(32)}/release`],
  ['POST', `/api/uploads/${'0'.repeat(32)}/remove`],
  ['POST', '/api/deliveries/retry?upload=x'],
  ['POST', '/api/deliveries/retry-all'],
] as const;

const ownerOf = (request: object) =>
  (request as IncomingMessage).headers['x-user'] as string | undefined;

/** The names of what was found, without what of chance is in an order of the same millisecond. */
const namesOf = ({ items }: { readonly items: readonly Item[] }) =>
  items.map(({ name }) => name).sort();

function deadOf(overview: Overview): string[] {
  return overview.deliveries.dead.items.map(({ uploadId }) => uploadId);
}

describe.each(PLATFORMS)('The operations page on %s', (platform) => {
  describe('as it is', () => {
    const app = useApp(withDashboard(platform));
    const overview = () => json<Overview>(ask(app(), '/tus/api/overview?limit=499'));
    /** One that is not remembered. */
    const overviewNow = async () => {
      await act(app(), '/tus/api/deliveries/retry?upload=none');
      return overview();
    };

    it('asks its guard for each route', async () => {
      for (const [method, path] of ROUTES) {
        const response = await app().request({ method, path: `/tus${path}` });
        expect([path, response.status]).toEqual([path, 401]);
      }
    });

    it('sends the page with a policy that lets nothing in from elsewhere', async () => {
      const page = await ask(app(), '/tus');
      const style = await ask(app(), '/tus/assets/base.css');

      for (const { headers } of [page, style]) {
        expect(headers['content-security-policy']).toMatch(
          /^default-src 'none'; script-src 'self';/,
        );
        expect(headers).toMatchObject({
          'x-frame-options': 'DENY',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        });
      }
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
      expect(page.text).toContain('href="tus/assets/base.css"');
      expect(style.text).toContain(':root');
    });

    it('has no file but its own', async () => {
      for (const name of ['none.js', '..%2Fpage.js', 'constructor', 'base.css%00']) {
        expect((await ask(app(), `/tus/assets/${name}`)).status).toBe(404);
      }
    });

    it('shows what is received, as it comes', async () => {
      const importer = app().nest.get(Importer, { strict: false });
      importer.isMended = true;
      const upload = await create(app(), { length: 10, metadata: { filename: 'film.mp4' } });
      await patch(app(), upload, { body: 'abc' });
      const slow = await SlowPatch.begin(app(), upload, 7, 3);
      await slow.write('hello');

      await eventually(async () => {
        const { receiving, processes, throughput } = await overviewNow();
        expect(receiving).toEqual({
          items: [expect.objectContaining({ id: upload.id, name: 'film.mp4', state: 'receiving' })],
          more: false,
        });
        expect(processes).toMatchObject([
          { isThis: true, report: { appends: [{ uploadId: upload.id, offset: 8, bytes: 5 }] } },
        ]);
        expect(throughput.bytes.reduce((all, bytes) => all + bytes)).toBeGreaterThanOrEqual(8);
      });

      await slow.write('xy');
      await slow.response();
      await eventually(() => expect(importer.imported).toEqual([upload.id]));
    });

    it('shows what was given up, with the error, and tries it again', async () => {
      const importer = app().nest.get(Importer, { strict: false });
      importer.isMended = false;
      const upload = await send(app(), 'one');
      await eventually(async () =>
        expect((await overviewNow()).deliveries.dead.items).toContainEqual(
          expect.objectContaining({
            uploadId: upload.id,
            handler: 'import',
            name: 'one',
            error: 'No importer for <b>one</b>',
          }),
        ),
      );
      importer.isMended = true;

      const path = `/tus/api/deliveries/retry?upload=${upload.id}&handler=`;
      expect(await json(act(app(), `${path}other`))).toEqual({ retried: 0 });
      expect(await json(act(app(), `${path}import`))).toEqual({ retried: 1 });

      await eventually(() => expect(importer.imported).toContain(upload.id));
      await eventually(async () => expect(deadOf(await overviewNow())).not.toContain(upload.id));
    });

    it('tries all again that were given up', async () => {
      const importer = app().nest.get(Importer, { strict: false });
      importer.isMended = false;
      const uploads = await Promise.all(['a', 'b', 'c'].map((name) => send(app(), name)));
      const ids = uploads.map(({ id }) => id);
      await eventually(async () =>
        expect(deadOf(await overviewNow())).toEqual(expect.arrayContaining(ids)),
      );
      importer.isMended = true;

      expect(await json(act(app(), '/tus/api/deliveries/retry-all'))).toEqual({ retried: 3 });

      await eventually(() => expect(importer.imported).toEqual(expect.arrayContaining(ids)));
    });

    it('releases what is quarantined, and removes it, and nothing else', async () => {
      const [freed, gone] = [await send(app(), 'bad-1'), await send(app(), 'bad-2')];
      const good = await send(app(), 'good');
      const { quarantined } = await overviewNow();
      expect(namesOf(quarantined)).toEqual(['bad-1', 'bad-2']);

      const path = (id: string, action: string) => `/tus/api/uploads/${id}/${action}`;
      expect(await json(act(app(), path(freed.id, 'release')))).toEqual({ released: freed.id });
      expect(await json(act(app(), path(gone.id, 'remove')))).toEqual({ removed: gone.id });

      expect((await app().tus.find(freed.id))?.state).toBe('finished');
      expect((await app().tus.find(gone.id))?.state).toBe('terminated');
      expect((await overview()).quarantined.items).toEqual([]);
      for (const action of ['release', 'remove']) {
        expect((await act(app(), path(good.id, action))).status).toBe(409);
        expect((await act(app(), path('0'.repeat(32), action))).status).toBe(404);
        expect((await act(app(), path('..%2F..', action))).status).toBe(404);
      }
      expect((await app().tus.find(good.id))?.state).toBe('finished');
    });

    it('does nothing that another site asks for', async () => {
      const upload = await send(app(), 'bad-3');
      const path = `/tus/api/uploads/${upload.id}/remove`;
      const own = { 'X-Tus-Dashboard': '1' };
      const attempts: Record<string, string>[] = [
        {},
        { 'Sec-Fetch-Site': 'same-origin' },
        { ...own, 'Sec-Fetch-Site': 'cross-site' },
        { ...own, 'Sec-Fetch-Site': 'same-site', Origin: app().url },
        { ...own, Origin: 'https://evil.example' },
        { ...own, Origin: 'null' },
      ];

      for (const headers of attempts) {
        expect((await ask(app(), path, { method: 'POST', headers })).status).toBe(403);
      }
      expect((await app().tus.find(upload.id))?.state).toBe('quarantined');

      const headers = { ...own, Origin: app().url };
      expect((await ask(app(), path, { method: 'POST', headers })).status).toBe(200);
    });

    it('tells all that is known of an upload', async () => {
      const upload = await send(app(), 'known.txt');

      await app().finished.of(upload.id);
      await eventually(async () => expect((await app().tus.deliveries()).items).toEqual([]));

      const details = await json(ask(app(), `/tus/api/uploads/${upload.id}`));

      expect(details).toMatchObject({
        id: upload.id,
        name: 'known.txt',
        state: 'finished',
        protocol: 'tus',
        offset: 5,
        metadata: { filename: 'known.txt' },
        deliveries: [],
      });
      expect((await ask(app(), `/tus/api/uploads/${'0'.repeat(32)}`)).status).toBe(404);
    });

    it('refuses what it does not understand', async () => {
      const wrong = [
        '/api/overview?limit=0',
        '/api/overview?limit=501',
        '/api/overview?limit=x',
        '/api/uploads?by=size',
        '/api/uploads?state=dead',
        '/api/uploads?cursor=x',
        '/api/uploads?text=a&text=b',
        `/api/uploads?text=${'a'.repeat(1001)}`,
      ];
      for (const path of wrong) {
        expect([path, (await ask(app(), `/tus${path}`)).status]).toEqual([path, 400]);
      }
      expect((await act(app(), '/tus/api/deliveries/retry')).status).toBe(400);
      expect((await act(app(), '/tus/api/deliveries/retry-all?cursor=x')).status).toBe(400);
    });
  });

  describe('with uploads of several owners', () => {
    const app = useApp(
      withDashboard(platform, { tus: { owner: ownerOf, quota: { uploads: 500 } } }),
    );
    const search = (query: string) => json<Found>(ask(app(), `/tus/api/uploads?${query}`));

    it('finds them by id, owner and a part of the name, in one state or any', async () => {
      app().nest.get(Importer, { strict: false }).isMended = true;
      const of = (user: string) => ({ headers: { 'X-User': user } });
      const film = await send(app(), 'Film of Ann.mp4', of('ann'));
      await send(app(), 'Song.mp3', of('ann'));
      await send(app(), 'film of ben.mp4', of('ben'));
      await create(app(), { length: 3, metadata: { filename: 'film to come' }, ...of('ben') });

      expect(namesOf(await search('text=FILM&state=finished'))).toEqual([
        'Film of Ann.mp4',
        'film of ben.mp4',
      ]);
      expect(namesOf(await search('text=film'))).toHaveLength(3);
      expect(await search('by=owner&text=ben')).toMatchObject({
        items: [{ owner: 'ben' }, { owner: 'ben' }],
        capacity: { usage: { uploads: 2, unfinished: 1, bytes: 8 }, quota: { uploads: 500 } },
      });
      expect(namesOf(await search(`by=id&text=${film.id}`))).toEqual(['Film of Ann.mp4']);
      expect(namesOf(await search(`by=id&text=${film.id}&state=receiving`))).toEqual([]);
      expect(namesOf(await search('by=id&text=none'))).toEqual([]);
      expect(namesOf(await search('by=owner&text=an'))).toEqual([]);
      expect(namesOf(await search(''))).toHaveLength(4);
    });

    it('goes on where it stopped, the youngest first', async () => {
      for (let at = 0; at < 60; at++) {
        await create(app(), { length: 3, metadata: { filename: `many-${at}` } });
      }
      const first = await search('text=many&state=receiving');
      const rest = await search(`text=many&state=receiving&cursor=${first.cursor}`);

      expect(namesOf(first)).toContain('many-59');
      expect(new Set([...namesOf(first), ...namesOf(rest)]).size).toBe(60);
      expect(rest.cursor).toBeUndefined();
    });

    it('says where lists have more', async () => {
      const { receiving } = await json<Overview>(ask(app(), '/tus/api/overview?limit=5'));

      expect(receiving.items).toHaveLength(5);
      expect(receiving.more).toBe(true);
      expect(receiving.items[0]).toMatchObject({ name: 'many-59' });
    });
  });

  describe('below a global prefix, at a path of several segments', () => {
    const app = useApp(
      withDashboard(platform, {
        imports: [guarded({ path: 'admin/uploads' })],
        configure: (nest) => void nest.setGlobalPrefix('api'),
      }),
    );

    it('has relative URLs', async () => {
      const page = await ask(app(), '/api/admin/uploads?x=/');
      const [, asset = ''] = /src="([^"]+)"/.exec(page.text) ?? [];
      const url = new URL(asset, 'http://app/api/admin/uploads');

      expect(url.pathname).toBe('/api/admin/uploads/assets/main.js');
      expect((await ask(app(), url.pathname)).status).toBe(200);
      expect((await ask(app(), '/api/admin/uploads/api/overview')).status).toBe(200);
    });
  });

  describe('of several instances', () => {
    const app = useApp({
      platform,
      tus: false,
      imports: (folder) => [
        TusModule.forRoot({ tmpFileDir: join(folder, 'a') }),
        TusModule.forRoot({
          name: 'avatars',
          uploadPath: 'avatars',
          tmpFileDir: join(folder, 'b'),
        }),
        guarded(),
        guarded({ path: '/tus/avatars', instance: 'avatars' }),
      ],
    });

    it('shows to each page its own', async () => {
      await create(app(), { length: 5, metadata: { filename: 'mine' } });
      await create(app(), { length: 5, metadata: { filename: 'face' }, path: '/avatars' });

      const own = await json<Overview>(ask(app(), '/tus/api/overview'));
      const avatars = await json<Overview>(ask(app(), '/tus/avatars/api/overview'));

      expect([own.instance, namesOf(own.receiving)]).toEqual([undefined, ['mine']]);
      expect([avatars.instance, namesOf(avatars.receiving)]).toEqual(['avatars', ['face']]);
    });
  });

  describe('where an interceptor of the app wraps answers', () => {
    const wrap: NestInterceptor = {
      intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))),
    };
    const app = useApp(
      withDashboard(platform, {
        configure: (nest) => void nest.useGlobalInterceptors(wrap),
      }),
    );

    it('is as it was', async () => {
      const answers: HttpResponse[] = await Promise.all(
        ['', '/assets/main.js', '/api/overview'].map((path) => ask(app(), `/tus${path}`)),
      );

      expect(answers.map(({ text }) => text[0])).toEqual(['<', 'i', '{']);
    });
  });

  describe('at the start', () => {
    const start = (dashboard: ReturnType<typeof guarded>) =>
      startApp({ platform, imports: [dashboard], listen: false });

    it('refuses an instance that there is not', async () => {
      await expect(start(guarded({ instance: 'none' }))).rejects.toThrow(
        `TusDashboardModule: option "instance" cannot be 'none'. The app has no instance of that name`,
      );
    });

    it('goes without a guard where told to', async () => {
      const app = await startApp({
        platform,
        imports: [TusDashboardModule.forRoot({ public: true })],
      });

      expect((await app.request({ path: '/tus' })).status).toBe(200);
      await app.close();
    });
  });
});

describe('TusDashboardModule.forRoot()', () => {
  const refusal = (options: object) => {
    try {
      TusDashboardModule.forRoot(options);
    } catch (error) {
      expect(error).toBeInstanceOf(TusOptionError);
      return (error as Error).message;
    }
    return undefined;
  };

  it('refuses to show a page without a guard', () => {
    const nothing: ClassDecorator = () => undefined;
    for (const options of [{}, { decorators: [nothing] }, { decorators: [UseGuards()] }]) {
      expect(refusal(options)).toMatch(/option "decorators" cannot be .*UseGuards\(AdminGuard\)/);
    }
    expect(refusal({ decorators: [UseGuards(KeyGuard)] })).toBeUndefined();
  });

  it('names the option that is wrong, and what to do', () => {
    const options = { public: true };
    expect(refusal({ ...options, path: 'a/:b' })).toMatch(/"path" cannot be 'a\/:b'. Give a path/);
    expect(refusal({ ...options, path: '' })).toMatch(/"path"/);
    expect(refusal({ ...options, public: 'yes' })).toMatch(/"public" cannot be 'yes'/);
    expect(refusal({ ...options, instance: 'a b' })).toMatch(/"instance" cannot be 'a b'/);
    expect(refusal({ ...options, guard: 1 })).toMatch(/"guard" cannot be 1. There is no such/);
  });
});
