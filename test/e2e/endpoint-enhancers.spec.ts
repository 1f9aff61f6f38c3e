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
  Param,
  ParseFilePipe,
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
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  ExecutionContext,
  NestInterceptor,
  PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, HttpAdapterHost, REQUEST } from '@nestjs/core';
import { IsIn } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { map, Observable, tap, timeout } from 'rxjs';
import { TusEndpoint, UploadedUpload } from '../../lib/index.js';
import type { EndpointBody, EndpointUpload } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  head,
  listFiles,
  offsetOf,
  patch,
  post,
  terminate,
  useApp,
} from '../support/index.js';
import { WITH_ENDPOINT, askAgain, endpointOf, sendTo } from './endpoint-controller.js';
import { Gate } from './gate.js';

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

  it('refuses an upload once it is there', async () => {
    const { id, answer } = await sendTo(app(), 'hello', { path: '/albums/birds' });

    expect(answer.status).toBe(400);
    expect(answer.text).toContain('album must be one of');
    expect(await listFiles(app().tmpFileDir)).not.toContain(id);
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
