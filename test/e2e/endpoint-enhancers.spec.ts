import {
  BadRequestException,
  Body,
  Catch,
  Controller,
  Get,
  Header,
  HttpCode,
  HttpException,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  ParseArrayPipe,
  ParseFilePipe,
  ParseFilePipeBuilder,
  ParseIntPipe,
  FileTypeValidator,
  MaxFileSizeValidator,
  Query,
  Req,
  Res,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import type {
  ArgumentMetadata,
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  NestInterceptor,
  PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, HttpAdapterHost, REQUEST } from '@nestjs/core';
import { IsIn, IsOptional } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { map, Observable, tap, timeout } from 'rxjs';
import { TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { EndpointBody, EndpointUpload } from '../../lib/index.js';
import {
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  offsetOf,
  patch,
  post,
  rawHead,
  removeTempFolder,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { WITH_ENDPOINT, askAgain, createAt, endpointOf, sendTo } from './endpoint-controller.js';
import { Gate } from '../support/gate.js';

interface AnyRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly method: string;
}

const requestOf = (context: ExecutionContext): AnyRequest =>
  context.switchToHttp().getRequest<AnyRequest>();

/** Lets pass whoever names it in a header. */
class NameGuard implements CanActivate {
  constructor(private readonly name: string) {}

  canActivate(context: ExecutionContext): boolean {
    return requestOf(context).headers['x-pass']?.includes(this.name) === true;
  }
}

const pass = (...names: string[]) => ({ 'X-Pass': names.join() });

@Controller('guarded')
@UseGuards(new NameGuard('controller'))
class GuardedController {
  @TusEndpoint()
  @UseGuards(new NameGuard('method'))
  take(): string {
    return 'taken';
  }
}

describe.each(PLATFORMS)('Guards of an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [GuardedController],
    configure: (nest) => nest.enableCors(),
  });

  it.each([
    ['the controller', pass('method')],
    ['the method', pass('controller')],
  ])('refuse on every verb what that of %s refuses', async (_name, headers) => {
    const origin = { Origin: 'https://app.example' };
    const upload = await create(app(), {
      path: '/guarded',
      length: 5,
      headers: pass('controller', 'method'),
    });

    const refusals = [
      await post(app(), { path: '/guarded', length: 5, headers: { ...headers, ...origin } }),
      await head(app(), upload, { ...headers, ...origin }),
      await patch(app(), upload, { body: 'hello', headers: { ...headers, ...origin } }),
      await terminate(app(), upload, { ...headers, ...origin }),
    ];

    for (const response of refusals) {
      expect(response.status).toBe(403);
      expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
      expect(response.all('Access-Control-Allow-Origin')).toEqual(['*']);
    }
    expect(await app().tus.find(upload.id)).toMatchObject({ state: 'receiving', offset: 0 });
  });

  it('let pass whom all of them know', async () => {
    const headers = pass('controller', 'method');
    const { path, answer } = await sendTo(app(), 'hello', { path: '/guarded', headers });

    expect([answer.status, answer.text]).toEqual([200, 'taken']);
    expect((await head(app(), { path }, headers)).headers['upload-offset']).toBe('5');
    expect((await head(app(), { path })).status).toBe(403);
    expect((await patch(app(), { path }, { offset: 5 })).status).toBe(403);
  });

  it('do not stand in the way of OPTIONS', async () => {
    const discovery = await app().request({ method: 'OPTIONS', path: '/guarded' });

    expect([discovery.status, discovery.headers['tus-version']]).toEqual([204, '1.0.0']);
  });
});

/** What came through pipes and interceptors, in order. */
@Injectable()
class Journal {
  readonly entries: string[] = [];
}

@Injectable()
class JournalPipe implements PipeTransform {
  constructor(private readonly journal: Journal) {}

  transform(value: unknown): unknown {
    this.journal.entries.push('pipe');
    return value;
  }
}

/** Notes each request, and puts what comes of it in a wrapper. */
abstract class Wrapping implements NestInterceptor {
  protected abstract readonly name: string;

  constructor(@Inject(Journal) private readonly journal: Journal) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = requestOf(context);
    this.journal.entries.push(`${this.name} ${method}`);
    return next.handle().pipe(
      map((value: unknown) => ({ [this.name]: value })),
      tap({ complete: () => void this.journal.entries.push(`${this.name} done`) }),
    );
  }
}

@Injectable()
class GlobalWrapping extends Wrapping {
  protected readonly name = 'global';
}

@Injectable()
class OuterWrapping extends Wrapping {
  protected readonly name = 'outer';
}

@Injectable()
class InnerWrapping extends Wrapping {
  protected readonly name = 'inner';
}

@Controller('wrapped')
@UsePipes(JournalPipe)
class WrappedController {
  @TusEndpoint('refused')
  refuse(): void {
    throw new BadRequestException('No.');
  }

  @UseInterceptors(InnerWrapping)
  @TusEndpoint()
  @UseInterceptors(OuterWrapping)
  take(@UploadedUpload() { size }: EndpointUpload): number {
    return size;
  }
}

describe.each(PLATFORMS)('Interceptors and pipes of an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [WrappedController],
    providers: [Journal, { provide: APP_INTERCEPTOR, useClass: GlobalWrapping }],
  });
  const entries = () => app().nest.get(Journal).entries.splice(0);
  beforeEach(() => void entries());

  it('are called for what each of them is there for', async () => {
    const upload = await create(app(), { path: '/wrapped', length: 10 });
    const created = entries();
    await patch(app(), upload, { body: 'hello' });
    const appended = entries();
    await head(app(), upload);
    const asked = entries();
    await patch(app(), upload, { offset: 5, body: 'world' });

    const around = (method: string) => [
      `global ${method}`,
      `outer ${method}`,
      'outer done',
      'global done',
    ];
    expect(created).toEqual(around('POST'));
    expect(appended).toEqual(around('PATCH'));
    expect(asked).toEqual(around('HEAD'));
    expect(entries()).toEqual([
      'global PATCH',
      'outer PATCH',
      'inner PATCH',
      'pipe',
      'inner done',
      'outer done',
      'global done',
    ]);
  });

  it('make the answer, once and for all times', async () => {
    const { path, answer } = await sendTo(app(), 'hello', { path: '/wrapped' });
    const again = await askAgain(app(), { path }, 5);
    const third = await askAgain(app(), { path }, 5);

    expect(JSON.parse(answer.text)).toEqual({ global: { outer: { inner: 5 } } });
    for (const response of [again, third]) {
      expect([response.status, response.text]).toEqual([answer.status, answer.text]);
      expect(response.headers['content-type']).toBe(answer.headers['content-type']);
      expect(response.headers['content-length']).toBe(answer.headers['content-length']);
      expect(response.headers.etag).toBe(answer.headers.etag);
    }
  });

  it('add nothing to the answers of tus', async () => {
    const upload = await create(app(), { path: '/wrapped', length: 10 });
    const appended = await patch(app(), upload, { body: 'hello' });
    const asked = await head(app(), upload);
    const ended = await terminate(app(), upload);

    for (const { headers, text } of [upload.response, appended, asked, ended]) {
      expect(text).toBe('');
      expect(headers['content-type']).toBeUndefined();
      expect(headers.etag).toBeUndefined();
      expect(headers['content-length'] ?? '0').toBe('0');
    }
    expect([upload.response.status, appended.status, asked.status, ended.status]).toEqual([
      201, 204, 200, 204,
    ]);
    expect(asked.headers['upload-offset']).toBe('5');
  });

  it('leave a refusal as it was', async () => {
    const { path, answer } = await sendTo(app(), 'hello', { path: '/wrapped/refused' });
    const again = await askAgain(app(), { path }, 5);

    expect(JSON.parse(answer.text)).toMatchObject({ statusCode: 400, message: 'No.' });
    expect([again.status, again.text]).toEqual([400, answer.text]);
  });
});

class FailingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => {
        throw new HttpException({ seen: value ?? null }, 503);
      }),
    );
  }
}

@Controller('failing')
class FailingController {
  @TusEndpoint()
  @UseInterceptors(FailingInterceptor)
  take(): string {
    return 'taken';
  }
}

describe.each(PLATFORMS)('An interceptor that throws on %s', (platform) => {
  const app = useApp({ platform, controllers: [FailingController] });

  it('is heard, for all that is answered', async () => {
    const response = await post(app(), { path: '/failing', length: 5 });

    expect([response.status, response.text]).toEqual([503, '{"seen":null}']);
    expect(response.headers['tus-resumable']).toBe('1.0.0');
  });
});

class ShortInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout({ first: 100, with: () => tooSlow() }));
  }
}

function tooSlow(): Observable<never> {
  return new Observable((subscriber) => subscriber.error(new HttpException('Too slow.', 408)));
}

describe.each(PLATFORMS)('An interceptor that loses patience on %s', (platform) => {
  const app = useApp({
    platform,
    ...WITH_ENDPOINT,
    configure: (nest) => void nest.useGlobalInterceptors(new ShortInterceptor()),
  });

  it('while the last bytes come leaves the upload to the next request', async () => {
    const upload = await create(app(), { path: '/videos', length: 10 });
    const connection = await app().connect();
    await connection.write(
      `PATCH ${upload.path} HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n` +
        'Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\nhello',
    );
    const slow = await connection.response();
    await connection.write('world');

    expect(slow.status).toBe(408);
    await eventually(async () => {
      const offset = await offsetOf(app(), upload);
      if (offset === 5) await patch(app(), upload, { offset: 5, body: 'world' });
      expect(offset).toBe(10);
    });
    expect((await askAgain(app(), upload, 10)).text).toBe('{"size":10}');
  });

  it('while the method runs leaves the upload to the next request', async () => {
    const gate = new Gate();
    endpointOf(app()).work = () => gate.pass();
    const { path, answer } = await sendTo(app(), 'hello');
    gate.open();

    expect(answer.status).toBe(408);
    expect(await offsetOf(app(), { path })).toBe(5);
  });
});

class Sleepy extends Error {}

@Catch(Sleepy)
class SleepyFilter implements ExceptionFilter {
  catch(_error: Sleepy, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): Sender }>();
    response.status(422).send({ sleepy: true });
  }
}

interface Sender {
  send(body: unknown): void;
}

@Controller('filtered')
@UseFilters(SleepyFilter)
class FilteredController {
  @TusEndpoint()
  take(): void {
    throw new Sleepy();
  }
}

@Catch()
class EverythingFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const response: unknown = host.switchToHttp().getResponse();
    this.adapterHost.httpAdapter.reply(response, { everything: status }, status);
  }
}

describe.each(PLATFORMS)('Filters of an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [FilteredController, ...WITH_ENDPOINT.controllers],
    providers: [...WITH_ENDPOINT.providers, { provide: APP_FILTER, useClass: EverythingFilter }],
  });

  it('of the controller answer what the method throws', async () => {
    const { path, answer } = await sendTo(app(), 'hello', { path: '/filtered' });
    const again = await askAgain(app(), { path }, 5);

    for (const { status, text } of [answer, again]) {
      expect([status, text]).toEqual([422, '{"sleepy":true}']);
    }
  });

  it('of the app answer what the method throws, and not what tus refuses', async () => {
    endpointOf(app()).work = () => {
      throw new BadRequestException('No.');
    };
    const { path, answer } = await sendTo(app(), 'hello');
    const missing = await patch(app(), { path: '/videos/12' }, { body: 'hello' });

    expect([answer.status, answer.text]).toEqual([400, '{"everything":400}']);
    expectHeadRefused(await head(app(), { path }), 400);
    expect(missing.status).toBe(404);
    expect(missing.headers['content-type']).toMatch(/^text\/plain\b/);
  });
});

class Album {
  @IsIn(['cats', 'dogs'])
  readonly album!: string;
}

@Controller('albums/:album')
class AlbumsController {
  @TusEndpoint()
  take(
    @Param() { album }: Album,
    @Query('rating') rating: number,
    @Body() body: EndpointBody,
    @UploadedUpload() upload: EndpointUpload,
  ): object {
    return { album, rating, body: body.size, upload: upload.size };
  }
}

/** All uploads that are known. */
async function idsIn(app: TestApp): Promise<string[]> {
  return (await app.tus.list()).items.map(({ id }) => id);
}

describe.each(PLATFORMS)('A global ValidationPipe on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [AlbumsController],
    configure: (nest) =>
      void nest.useGlobalPipes(
        new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
      ),
  });

  it('validates and transforms what the method is given', async () => {
    const upload = await create(app(), { path: '/albums/cats', length: 5 });
    const sent = await patch(app(), upload, { body: 'hello', suffix: '?rating=5' });

    expect(JSON.parse(sent.text)).toEqual({ album: 'cats', rating: 5, body: 5, upload: 5 });
  });

  it('refuses before anything is stored', async () => {
    const before = await idsIn(app());
    const answer = await post(app(), { path: '/albums/birds', length: 5, body: 'hello' });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('album must be one of');
    expect(answer.headers['tus-resumable']).toBe('1.0.0');
    expect(await idsIn(app())).toEqual(before);
  });
});

interface OwnResponse {
  status(code: number): OwnResponse;
  header(name: string, value: string): OwnResponse;
  send(body: unknown): void;
}

@Controller('told')
class TellingController {
  @TusEndpoint('code')
  @HttpCode(202)
  @Header('X-Taken', 'yes')
  code(): string {
    return 'taken';
  }

  @TusEndpoint('passthrough')
  passthrough(@Res({ passthrough: true }) response: OwnResponse): string {
    response.status(203).header('X-Taken', 'yes');
    return 'taken';
  }

  @TusEndpoint('own')
  own(@Res() response: OwnResponse): void {
    response.status(203).header('X-Taken', 'yes').send('taken');
  }

  @TusEndpoint('late')
  late(@Res() response: OwnResponse): void {
    setImmediate(() => response.status(203).header('X-Taken', 'yes').send('taken'));
  }

  @TusEndpoint('raw')
  raw(@Res() response: ServerResponse | { readonly raw: ServerResponse; hijack(): void }): void {
    const raw = 'raw' in response ? response.raw : response;
    if ('hijack' in response) response.hijack();
    raw.writeHead(203, { 'X-Taken': 'yes', 'Content-Type': 'text/plain' });
    raw.write('ta');
    raw.end('ken');
  }

  @TusEndpoint('refused')
  refuse(@Res() _response: OwnResponse): void {
    throw new BadRequestException('No.');
  }

  @Get('own')
  show(): string {
    return 'shown';
  }
}

describe.each(PLATFORMS)('An endpoint that makes its answer itself on %s', (platform) => {
  const app = useApp({ platform, controllers: [TellingController] });

  it.each([
    ['@HttpCode() and @Header()', 'code', 202],
    ['@Res({ passthrough: true })', 'passthrough', 203],
    ['@Res()', 'own', 203],
    ['@Res(), later', 'late', 203],
    ['@Res() and Node’s response', 'raw', 203],
  ])('may do so by %s', async (_name, name, status) => {
    const upload = await create(app(), { path: `/told/${name}`, length: 10 });
    const first = await patch(app(), upload, { body: 'hello' });
    const asked = await head(app(), upload);
    const sent = await patch(app(), upload, { offset: 5, body: 'world' });
    const again = await askAgain(app(), upload, 10);
    const other = await create(app(), { path: `/told/${name}`, length: 10 });

    expect([upload.response.status, first.status, asked.status]).toEqual([201, 204, 200]);
    for (const response of [sent, again]) {
      expect([response.status, response.text]).toEqual([status, 'taken']);
      expect(response.headers['x-taken']).toBe('yes');
      expect(response.headers['upload-offset']).toBe('10');
    }
    expect((await terminate(app(), other)).status).toBe(204);
    expect((await patch(app(), other, { body: 'hello' })).status).toBe(410);
    expect(await offsetOf(app(), upload)).toBe(10);
  });

  it('may refuse the upload all the same', async () => {
    const { path, answer } = await sendTo(app(), 'hello', { path: '/told/refused' });

    expect(answer.status).toBe(400);
    expect((await askAgain(app(), { path }, 5)).text).toBe(answer.text);
  });
});

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  private static made = 0;
  private readonly number = ++ScopedController.made;

  constructor(@Inject(REQUEST) private readonly request: AnyRequest) {}

  @TusEndpoint()
  take(@Req() request: AnyRequest, @UploadedUpload() { size }: EndpointUpload): object {
    return { size, number: this.number, same: this.request.headers === request.headers };
  }
}

describe.each(PLATFORMS)('A request-scoped controller on %s', (platform) => {
  const app = useApp({ platform, controllers: [ScopedController] });

  it('is made for each request, the last one too', async () => {
    const numbers = new Set<number>();
    for (const content of ['hello', 'world']) {
      const { path, answer } = await sendTo(app(), content, { path: '/scoped' });
      const told = JSON.parse(answer.text) as { number: number };
      expect(told).toMatchObject({ size: 5, same: true });
      expect((await askAgain(app(), { path }, 5)).text).toBe(answer.text);
      numbers.add(told.number);
    }
    expect(numbers.size).toBe(2);
  });
});

/** The users that are known. */
@Injectable()
class Users {
  readonly known = new Set(['7']);
}

@Injectable()
class KnownUserPipe implements PipeTransform<string> {
  constructor(
    private readonly users: Users,
    private readonly journal: Journal,
  ) {}

  transform(id: string, { type, data, metatype }: ArgumentMetadata): string {
    this.journal.entries.push(`${type} ${data} ${metatype?.name}`);
    if (!this.users.known.has(id)) throw new NotFoundException(`There is no user ${id}.`);
    return id;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedPipe implements PipeTransform<string> {
  constructor(
    @Inject(REQUEST) private readonly request: AnyRequest,
    private readonly journal: Journal,
  ) {}

  transform(value: string): string {
    this.journal.entries.push(`scoped ${this.request.method}`);
    return value;
  }
}

class Picture {
  @IsIn(['cats', 'dogs'])
  readonly album!: string;

  @IsOptional()
  @IsIn(['1', '2'])
  readonly side?: string;
}

@Controller('users/:user/pictures')
class UserPicturesController {
  constructor(private readonly journal: Journal) {}

  @TusEndpoint('numbered/:number')
  numbered(
    @Param('user', KnownUserPipe) user: string,
    @Param('number', ParseIntPipe) number: number,
  ): object {
    return { user, number };
  }

  @UsePipes(JournalPipe)
  @TusEndpoint('noted')
  noted(@Param('user') user: string): object {
    return { user };
  }

  @TusEndpoint('scoped')
  scoped(@Param('user', ScopedPipe) user: string): object {
    return { user };
  }

  @TusEndpoint('rated')
  rated(
    @Query('rating', ParseIntPipe) rating: number,
    @Query('tags', new ParseArrayPipe({ optional: true })) tags: string[] | undefined,
    @Req() request: { readonly query: object },
  ): object {
    if (this.journal.entries.pop() === 'fail') throw new Error('Not now.');
    return { rating, tags, query: request.query };
  }

  @TusEndpoint('described')
  described(@Query(new ValidationPipe({ expectedType: Picture })) picture: Picture): object {
    return { picture };
  }
}

describe.each(PLATFORMS)('Pipes on path and query of an endpoint on %s', (platform) => {
  const app = useApp({
    platform,
    controllers: [UserPicturesController],
    providers: [Journal, Users],
  });
  const entries = () => app().nest.get(Journal).entries.splice(0);
  beforeEach(() => void entries());
  const send = async (path: string) =>
    JSON.parse((await sendTo(app(), 'hello', { path })).answer.text) as object;

  it.each([
    ['a class of Nest, on a parameter', '/users/7/pictures/numbered/x', 400, 'numeric string'],
    ['a class that injects', '/users/8/pictures/numbered/1', 404, 'There is no user 8.'],
    ['a class, on the query', '/users/7/pictures/rated?rating=high', 400, 'numeric string'],
    ['a class, on what is missing', '/users/7/pictures/rated', 400, 'numeric string'],
    ['an object, on all of the query', '/users/7/pictures/described?album=x', 400, 'album must be'],
  ])('refuse before the bytes come: %s', async (_name, path, status, words) => {
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 100000000', `Content-Type: ${OCTETS}`];
    await connection.write(rawHead('POST', path, [...lines, 'Content-Length: 100000000']));

    const response = await connection.response();
    await connection.closed;

    expect(response.status).toBe(status);
    expect(response.body.toString()).toContain(words);
    expect(response.all('Connection')).toEqual(['close']);
    expect(await idsIn(app())).toEqual([]);
  });

  it('let pass what they want, and run again for the method', async () => {
    const upload = await create(app(), { path: '/users/7/pictures/numbered/12', length: 10 });
    const created = entries();
    await patch(app(), upload, { body: 'hello' });
    await head(app(), upload);
    const between = entries();
    const sent = await patch(app(), upload, { offset: 5, body: 'world' });

    expect(created).toEqual(['param user String']);
    expect(between).toEqual([]);
    expect(entries()).toEqual(['param user String']);
    expect(JSON.parse(sent.text)).toEqual({ user: '7', number: 12 });
    await app().tus.terminate(upload.id);
  });

  it('run at the creation when they are on the method', async () => {
    await create(app(), { path: '/users/7/pictures/noted', length: 5 });

    expect(entries()).toEqual(['pipe']);
  });

  it('run for the method only when each request has its own', async () => {
    const upload = await create(app(), { path: '/users/7/pictures/scoped', length: 5 });
    const created = entries();
    await patch(app(), upload, { body: 'hello' });

    expect(created).toEqual([]);
    expect(entries()).toEqual(['scoped PATCH']);
  });

  it('find the query of the creation at the end', async () => {
    expect(await send('/users/7/pictures/rated?rating=5&tags=a,b')).toMatchObject({
      rating: 5,
      tags: ['a', 'b'],
    });
    expect(await send('/users/7/pictures/described?album=cats&side=2')).toEqual({
      picture: { album: 'cats', side: '2' },
    });
    expect(await send('/users/7/pictures/rated?rating=5&tags=a&tags=b')).toMatchObject({
      tags: ['a', 'b'],
    });
  });

  it('find of the query what the method asks for, and nothing more is kept', async () => {
    const path = '/users/7/pictures/rated?rating=5&token=secret&__proto__=x';
    const upload = await create(app(), { path, length: 5 });
    const other = await patch(app(), upload, { body: 'hello', suffix: '?rating=1&page=2' });

    expect(JSON.parse(other.text)).toEqual({ rating: 5, query: { rating: '5', page: '2' } });
  });

  it('find the query when the method runs again, after a restart too', async () => {
    const tmpFileDir = await makeTempFolder();
    const setup = {
      platform,
      tmpFileDir,
      controllers: [UserPicturesController],
      providers: [Journal, Users],
    };
    const first = await startApp(setup);
    const upload = await create(first, { path: '/users/7/pictures/rated?rating=5', length: 5 });
    first.nest.get(Journal).entries.push('fail');
    const failed = await patch(first, upload, { body: 'hello' });
    await first.close();
    const second = await startApp(setup);
    const asked = await askAgain(second, upload, 5);
    await second.close();
    await removeTempFolder(tmpFileDir);

    expect([failed.status, asked.status]).toEqual([500, 200]);
    expect(JSON.parse(asked.text)).toMatchObject({ rating: 5 });
  });

  it('find the query in a creation with all bytes, and in one of parts', async () => {
    const path = '/users/7/pictures/rated?rating=5';
    const whole = await createAt(app(), 5, { path, body: 'hello' });
    const part = await createAt(app(), 5, {
      path: '/users/7/pictures/rated?rating=1',
      body: 'hello',
      headers: { 'Upload-Concat': 'partial' },
    });
    const final = await createAt(app(), undefined, {
      path,
      headers: { 'Upload-Concat': `final;${part.path}`, 'Upload-Defer-Length': undefined },
    });

    expect(JSON.parse(whole.response.text)).toMatchObject({ rating: 5 });
    expect(JSON.parse(final.response.text)).toMatchObject({ rating: 5 });
  });

  it('find no more of the query than can be kept: a longer one is refused', async () => {
    const refused = await post(app(), {
      path: `/users/7/pictures/described?album=cats&note=${'x'.repeat(2048)}`,
      length: 5,
    });
    const ignored = await post(app(), {
      path: `/users/7/pictures/rated?rating=1&note=${'x'.repeat(2048)}`,
      length: 5,
    });

    expectRefused(refused, 414);
    expect(refused.text).toContain('2048 bytes');
    expect(ignored.status).toBe(201);
  });
});

/** The smallest PNG there is. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

@Controller('pictures')
class PicturesController {
  @TusEndpoint()
  take(
    @UploadedUpload(
      new ParseFilePipe({
        validators: [
          new MaxFileSizeValidator({ maxSize: 100 }),
          new FileTypeValidator({ fileType: 'image/png', fallbackToMimetype: true }),
        ],
      }),
    )
    upload: EndpointUpload,
  ): object {
    return { type: upload.mimetype, size: upload.size };
  }
}

/** The validators as Nest documents them, which look at what the bytes show and nothing else. */
@Controller('strict')
class StrictController {
  @TusEndpoint('whole')
  take(
    @UploadedUpload(
      new ParseFilePipeBuilder()
        .addMaxSizeValidator({ maxSize: 100_000 })
        .addFileTypeValidator({ fileType: 'image/png' })
        .build({ errorHttpStatusCode: 422 }),
    )
    upload: EndpointUpload,
  ): object {
    return { type: upload.mimetype, size: upload.size };
  }

  @TusEndpoint('streamed', { sendFile: true })
  takeStream(
    @UploadedUpload(
      new ParseFilePipe({
        validators: [new FileTypeValidator({ fileType: /^image\//, overrideMimeType: true })],
      }),
    )
    upload: EndpointUpload,
  ): object {
    upload.stream?.resume();
    return { type: upload.mimetype, size: upload.size };
  }
}

describe.each(PLATFORMS)('FileTypeValidator on an endpoint of %s', (platform) => {
  const app = useApp({ platform, controllers: [StrictController] });
  const send = (content: Buffer, path: string, metadata = {}) =>
    create(app(), { path, length: content.length, metadata }).then((upload) =>
      patch(app(), upload, { body: content }),
    );

  it.each([
    ['a file', '/strict/whole', PNG],
    ['a large one', '/strict/whole', Buffer.concat([PNG, Buffer.alloc(50_000)])],
    ['one that is sent as a stream', '/strict/streamed', PNG],
  ])('knows %s by its first bytes', async (_name, path, content) => {
    const answer = await send(content, path, { filetype: 'text/plain' });

    expect(JSON.parse(answer.text)).toEqual({ type: 'image/png', size: content.length });
  });

  it.each([
    ['is too large', '/strict/whole', Buffer.concat([PNG, Buffer.alloc(100_000)]), 422, 'size'],
    ['is something else', '/strict/whole', Buffer.from('%PDF-1.7\n'), 422, 'type'],
    ['only pretends to be a picture', '/strict/whole', Buffer.from('hello'), 422, 'type'],
    ['is something else, as a stream', '/strict/streamed', Buffer.from('%PDF-1.7\n'), 400, 'type'],
  ])('refuses what %s', async (_name, path, content, status, words) => {
    const answer = await send(content, path, { filetype: 'image/png' });

    expect([answer.status, (JSON.parse(answer.text) as Error).message]).toEqual([
      status,
      expect.stringContaining(words),
    ]);
  });
});

describe.each(PLATFORMS)('ParseFilePipe on an endpoint of %s', (platform) => {
  const app = useApp({ platform, controllers: [PicturesController] });
  const send = async (content: Buffer, metadata = {}) => {
    const upload = await create(app(), { path: '/pictures', length: content.length, metadata });
    return { ...upload, answer: await patch(app(), upload, { body: content }) };
  };

  it('lets pass what its validators want', async () => {
    const { answer } = await send(PNG, { filename: 'a.txt', filetype: 'text/plain' });

    expect(JSON.parse(answer.text)).toEqual({ type: 'image/png', size: PNG.length });
  });

  it.each([
    ['is too large', Buffer.concat([PNG, Buffer.alloc(100)]), {}, 'size'],
    ['is something else', Buffer.from('hello'), { filetype: 'text/plain' }, 'type'],
    ['only pretends to be what is wanted', Buffer.from('hello'), { filetype: 'image/png' }, 'type'],
  ])('refuses and removes what %s', async (_name, content, metadata, reason) => {
    const { id, path, answer } = await send(content, metadata);

    expect(answer.status).toBe(400);
    expect(answer.text).toContain(`Validation failed`);
    expect(answer.text).toContain(reason);
    expect((await askAgain(app(), { path }, content.length)).text).toBe(answer.text);
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
  });
});
