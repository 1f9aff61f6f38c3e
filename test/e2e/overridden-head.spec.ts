import {
  All,
  Catch,
  Controller,
  Injectable,
  Req,
  Res,
  UnauthorizedException,
  UnprocessableEntityException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { ArgumentsHost, CanActivate, ExceptionFilter, ExecutionContext } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BeforeUploadFinish, TusService } from '../../lib/index.js';
import type { PlatformRequest, PlatformResponse } from '../../lib/index.js';
import { PLATFORMS, create, expectHeadRefused, patch, rawHead, useApp } from '../support/index.js';
import type { TestApp } from '../support/index.js';

class TeapotError extends Error {}

/** Refuses as the request asks it to. */
@Injectable()
class AskedGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (headers['x-refuse'] === 'by exception') throw new UnauthorizedException();
    if (headers['x-refuse'] === 'piece by piece') throw new TeapotError();
    return true;
  }
}

/** Writes its answer to the connection itself. */
@Catch(TeapotError)
class WritingFilter implements ExceptionFilter<TeapotError> {
  catch(_error: TeapotError, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<ServerResponse | { raw: ServerResponse; hijack(): void }>();
    if ('hijack' in response) response.hijack();
    const res = 'raw' in response ? response.raw : response;
    res.writeHead(418, { 'Transfer-Encoding': 'chunked' });
    res.write('short ');
    res.write('and ', () => res.end('stout'));
  }
}

@Injectable()
class Scanner {
  @BeforeUploadFinish()
  scan(): void {
    throw new UnprocessableEntityException('Infected.');
  }
}

@Controller('own')
class OwnController {
  constructor(private readonly service: TusService) {}

  @All(['', ':id'])
  async upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    await this.service.handle(request, response);
  }
}

const ID = '0'.repeat(32);

/** What an app may do that wants the override on a route of its own. */
function applyOverride(request: IncomingMessage, _response: ServerResponse, next: () => void) {
  const { method } = request;
  request.method = request.headers['x-http-method-override']?.toString() ?? method;
  next();
}

/** What else were on the wire, would be in the way of the next answer. */
async function expectNoBody(
  app: TestApp,
  path: string,
  status: number,
  lines: string[] = [],
): Promise<void> {
  const connection = await app.connect();
  const version = lines.some((line) => line.startsWith('Tus-')) ? [] : ['Tus-Resumable: 1.0.0'];
  const override = ['X-HTTP-Method-Override: HEAD', 'Content-Length: 0'];

  await connection.write(rawHead('POST', path, [...version, ...override, ...lines]));
  await connection.write(rawHead('OPTIONS', '/files'));

  const refused = await connection.response();
  expectHeadRefused(refused, status);
  expect(refused.all('Content-Length')).toEqual(['0']);
  expect(refused.all('Transfer-Encoding')).toEqual([]);
  expect((await connection.response()).status).toBe(204);
}

describe.each(PLATFORMS)('POST overridden to HEAD on %s', (platform) => {
  const app = useApp({
    platform,
    providers: [Scanner],
    tus: { decorators: [UseGuards(AskedGuard), UseFilters(WritingFilter)] },
  });

  it.each([
    ["a guard's refusal", 401, `/files/${ID}`, ['X-Refuse: by exception']],
    ['an answer that is written in pieces', 418, `/files/${ID}`, ['X-Refuse: piece by piece']],
    ['a refusal of ours', 404, `/files/${ID}`, []],
    ['a refusal of the version', 412, `/files/${ID}`, ['Tus-Resumable: 0.2.2']],
  ])('gets no body from %s', async (_name, status, path, lines) => {
    await expectNoBody(app(), path, status, lines);
  });

  it('gets no body from a refusal of the upload that is given again', async () => {
    const upload = await create(app(), { length: 3 });
    expect((await patch(app(), upload, { body: 'abc' })).status).toBe(422);

    await expectNoBody(app(), upload.path, 422);
  });
});

describe('POST overridden to HEAD by the app on express', () => {
  const app = useApp({
    platform: 'express',
    controllers: [OwnController],
    configure: (nest) => void nest.use(applyOverride),
  });

  it.each([
    ['a refusal', 404, []],
    ['a refusal of the version', 412, ['Tus-Resumable: 0.2.2']],
  ])('gets no body from %s of handle()', async (_name, status, lines) => {
    await expectNoBody(app(), `/own/${ID}`, status, lines);
  });
});
