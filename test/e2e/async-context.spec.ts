import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Injectable, Post, Query } from '@nestjs/common';
import type { INestApplication, LoggerService } from '@nestjs/common';
import {
  BeforeUploadCreate,
  BeforeUploadFinish,
  OnUploadCreated,
  OnUploadExpired,
  OnUploadFailed,
  OnUploadFinished,
  OnUploadProgress,
  OnUploadTerminated,
  TusEndpoint,
  TusService,
  UploadedUpload,
} from '../../lib/index.js';
import type {
  CleanupReport,
  CompleteUpload,
  EndpointUpload,
  FinishedUpload,
  Upload,
  UploadDraft,
} from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  patch,
  rawHead,
  startApp,
  terminate,
  OCTETS,
  TUS,
} from '../support/index.js';
import type { CreateOptions, CreatedUpload, HttpResponse, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';

/** How many uploads run at the same time. */
const CROWD = 60;

const DAY = 86_400_000;

/** What the app is started in. */
const START = 'the start';

/** Where the app keeps whose request it is at. */
const tenants = new AsyncLocalStorage<Tenant>();

interface Tenant {
  readonly name: string;
}

/** The stores of requests that there still are, as far as the garbage collector has looked. */
const stores: WeakRef<Tenant>[] = [];

/** Something of the app's that was called, and for whom it then seemed to be. */
interface Sighting {
  readonly what: string;
  /** The upload it was called for, or the text that was logged. */
  readonly of: string;
  readonly tenant?: string;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const sightings = new Calls<Sighting>();

function see(what: string, of: string): void {
  sightings.add({ what, of, tenant: tenants.getStore()?.name });
}

/** For whom something was called for an upload, once it was. */
async function tenantOf(what: string, of: string): Promise<string | undefined> {
  return (await sightings.first((seen) => seen.what === what && seen.of === of)).tenant;
}

/** For whom something was called, every time. */
function tenantsOf(what: string, of: string): (string | undefined)[] {
  return sightings.all.filter((s) => s.what === what && s.of === of).map(({ tenant }) => tenant);
}

/** Looks around wherever the module calls. */
@Injectable()
class Witness {
  @BeforeUploadCreate()
  async beforeCreate({ metadata: { name } }: UploadDraft): Promise<void> {
    await Promise.resolve();
    see('before create', String(name));
  }

  @BeforeUploadFinish()
  beforeFinish({ metadata: { name } }: CompleteUpload): void {
    see('before finish', String(name));
  }

  @OnUploadCreated()
  created({ id }: Upload): void {
    see('created', id);
  }

  @OnUploadProgress({ every: '1ms' })
  progress({ id }: Upload): void {
    see('progress', id);
  }

  @OnUploadFinished({ id: 'steady', attempts: 2, backoff: { first: '1ms' } })
  finished({ id, attempt, metadata }: FinishedUpload): void {
    see('finished', id);
    if (attempt <= Number(metadata['failures'] ?? 0)) throw new Error('It is broken.');
  }

  @OnUploadFinished({
    id: 'patient',
    when: ({ metadata }) => metadata['for'] === 'patient',
    backoff: { first: '1h' },
  })
  wait({ id }: FinishedUpload): void {
    see('waits', id);
    throw new Error('It is broken.');
  }

  @OnUploadTerminated()
  terminated({ id }: Upload): void {
    see('terminated', id);
  }

  @OnUploadExpired()
  expired({ id }: Upload): void {
    see('expired', id);
  }

  @OnUploadFailed()
  failed({ id }: Upload): void {
    see('failed', id);
  }
}

@Controller('tenant')
class TenantController {
  constructor(private readonly tus: TusService) {}

  @TusEndpoint('avatar')
  async take(@UploadedUpload() { id }: EndpointUpload): Promise<object> {
    await Promise.resolve();
    see('endpoint', id);
    return { tenant: tenants.getStore()?.name };
  }

  @Post('cleanup')
  async cleanup(): Promise<CleanupReport & { tenant?: string }> {
    const report = await this.tus.cleanup();
    return { ...report, tenant: tenants.getStore()?.name };
  }

  @Post('retry')
  async retry(@Query('id') id: string): Promise<number> {
    return this.tus.retry(id);
  }
}

/** Keeps the lines of the log with whom they seem to be for. */
class TenantLogger implements LoggerService {
  log(): void {}

  warn(text: string): void {
    see('warning', text);
  }

  error(text: string): void {
    see('error', text);
  }
}

function setUp(nest: INestApplication): void {
  nest.useLogger(new TenantLogger());
  nest.use((req: { headers: Record<string, string> }, _res: unknown, next: () => void) => {
    const tenant = { name: req.headers['x-tenant'] ?? 'none' };
    stores.push(new WeakRef(tenant));
    tenants.run(tenant, next);
  });
}

const as = (tenant: string): Record<string, string> => ({ 'X-Tenant': tenant });

describe.each(PLATFORMS)('async context on %s', (platform) => {
  const clock = useClock();
  let app: TestApp;
  beforeAll(async () => {
    const option = (what: string) => (request: object) => {
      const { headers } = request as { headers: Record<string, string> };
      see(what, String(headers['x-tenant']));
      return undefined;
    };
    app = await tenants.run({ name: START }, () =>
      startApp({
        platform,
        configure: setUp,
        providers: [Witness],
        controllers: [TenantController],
        tus: {
          owner: option('owner'),
          maxSize: option('maxSize'),
          quota: option('quota'),
          metadata: { validate: (_metadata, request) => option('validate')(request) },
          durability: 'none',
          cleanup: { every: false },
        },
      }),
    );
  });
  afterAll(() => app.close());

  /** Makes an upload as a tenant, whose name it bears. */
  function createAs(tenant: string, options: CreateOptions = {}): Promise<CreatedUpload> {
    const { metadata } = options;
    const named = { name: tenant, ...(typeof metadata === 'object' && metadata) };
    return create(app, { length: 5, ...options, metadata: named, headers: as(tenant) });
  }

  async function uploadAs(tenant: string, options: CreateOptions = {}): Promise<CreatedUpload> {
    const upload = await createAs(tenant, options);
    const response = await patch(app, upload, { body: 'hello', headers: as(tenant) });
    expect(response.status).toBeLessThan(300);
    return upload;
  }

  function command(path: string, tenant: string): Promise<HttpResponse> {
    return app.request({ method: 'POST', path: `/tenant/${path}`, headers: as(tenant) });
  }

  const crowd = (prefix: string): string[] =>
    Array.from({ length: CROWD }, (_, index) => `${prefix} ${platform} ${index}`);

  it(`of ${CROWD} uploads at once is the start's in handlers, the request's in hooks`, async () => {
    const names = crowd('tenant');

    const uploads = await Promise.all(names.map((name) => uploadAs(name)));

    for (const { id } of uploads) {
      expect(await tenantOf('finished', id)).toBe(START);
      expect(await tenantOf('created', id)).toBe(START);
    }
    for (const name of names) {
      expect(tenantsOf('before create', name)).toEqual([name]);
      expect(tenantsOf('before finish', name)).toEqual([name]);
    }
  });

  it(`of ${CROWD} uploads at once is the request's in the functions of options`, async () => {
    const names = crowd('option');

    await Promise.all(names.map((name) => uploadAs(name)));

    for (const name of names) {
      for (const what of ['owner', 'maxSize', 'quota', 'validate']) {
        expect(new Set(tenantsOf(what, name))).toEqual(new Set([name]));
      }
    }
  });

  it(`of ${CROWD} uploads at once is the request's in the method of an endpoint`, async () => {
    const names = crowd('endpoint');

    const answers = await Promise.all(
      names.map(async (name) => {
        const upload = await createAs(name, { path: '/tenant/avatar' });
        return patch(app, upload, { body: 'hello', headers: as(name) });
      }),
    );

    expect(answers.map(({ text }) => JSON.parse(text) as object)).toEqual(
      names.map((tenant) => ({ tenant })),
    );
  });

  it('is the start’s in retries, in what gives up, and in what the log says of it', async () => {
    const { id } = await uploadAs('unlucky', { metadata: { failures: '2' } });

    expect(await tenantOf('failed', id)).toBe(START);

    const lines = sightings.all.filter(({ of }) => of.includes(id) && of.includes('steady'));
    expect(tenantsOf('finished', id)).toEqual([START, START]);
    expect(lines.map(({ what, tenant }) => [what, tenant])).toEqual([
      ['warning', START],
      ['error', START],
    ]);

    expect((await command(`retry?id=${id}`, 'support')).text).toBe('1');
    await eventually(() => expect(tenantsOf('finished', id)).toEqual([START, START, START]));
  });

  it('is the start’s in handlers and observables that tell of uploads', async () => {
    const upload = await createAs('teller', { length: 10 });
    const { id } = upload;
    const all = app.tus.events$.subscribe(({ type }) => see(`${type} in events$`, id));
    const one = app.tus.progress$(id).subscribe(({ offset }) => see(`at ${offset}`, id));

    await patch(app, upload, { body: 'hello', headers: as('teller') });
    expect(await tenantOf('progress', id)).toBe(START);
    await terminate(app, upload, as('teller'));

    expect(await tenantOf('terminated', id)).toBe(START);
    expect(await tenantOf('terminated in events$', id)).toBe(START);
    expect(tenantsOf('progress in events$', id)).toEqual([START]);
    expect(tenantsOf('at 5', id)).toContain(START);
    all.unsubscribe();
    one.unsubscribe();
  });

  it('is the start’s in a cleanup that a request asked for, which itself goes on in its own', async () => {
    const { id } = await createAs('sleeper');
    clock.advance(2 * DAY);

    const { text } = await command('cleanup', 'admin');

    expect(JSON.parse(text)).toMatchObject({ expired: 1, tenant: 'admin' });
    expect(await tenantOf('expired', id)).toBe(START);
  });

  it('is its own of a request that waited for another one’s upload', async () => {
    const second = `second on ${platform}`;
    const upload = await createAs(second, { length: 10 });
    const first = await app.connect();
    const lines = [
      ...Object.entries({ ...TUS, ...as('first') }).map((line) => line.join(': ')),
      `Content-Type: ${OCTETS}`,
      'Upload-Offset: 0',
      'Content-Length: 10',
    ];
    await first.write(rawHead('PATCH', upload.path, lines) + 'hello');
    await eventually(async () => expect((await app.tus.find(upload.id))?.offset).toBe(5));

    const response = await patch(app, upload, { offset: 5, body: 'world', headers: as(second) });

    expect(response.status).toBe(204);
    expect(tenantsOf('before finish', second)).toEqual([second]);
    expect(await tenantOf('finished', upload.id)).toBe(START);
  });

  it('of a request that is over is kept by nothing, a delivery that waits included', async () => {
    const metadata = { for: 'patient' };
    const uploads = await Promise.all(crowd('passing').map((name) => uploadAs(name, { metadata })));
    for (const { id } of uploads) await tenantOf('waits', id);

    await eventually(() => {
      collectGarbage();
      expect(stores.flatMap((store) => store.deref()?.name ?? [])).toEqual([]);
    });
  });
});
