import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { readFile } from 'node:fs/promises';
import { finalize } from 'rxjs';
import { Http2Client, startApp, type TestApp } from '../support/index.js';
import { Gate } from '../support/gate.js';

/** Node's request behind Fastify's. */
const rawOf = (request: object) => (request as { raw: Http2ServerRequest }).raw;

describe('HTTP/2 on fastify', () => {
  let app: TestApp;
  let client: Http2Client;
  /** Where GETs wait, and where they come to when they are over. */
  let asked: Gate;
  let over: Gate;
  let left: Promise<unknown>;

  const owner = async (request: object): Promise<undefined> => {
    const { method, stream } = rawOf(request);
    if (method !== 'GET') return;
    left = new Promise((resolve) => stream.once('close', resolve));
    await asked.pass();
  };
  const interceptor: NestInterceptor = {
    intercept: (context: ExecutionContext, next: CallHandler) => {
      const { method } = rawOf(context.switchToHttp().getRequest<object>());
      return next.handle().pipe(finalize(() => method === 'GET' && void over.pass()));
    },
  };

  beforeAll(async () => {
    const adapter = new FastifyAdapter({ http2: true });
    app = await startApp({
      platform: 'fastify',
      adapter,
      tus: { download: true, owner },
      configure: (nest) => {
        nest.useGlobalInterceptors(interceptor);
        nest.use((req: Http2ServerRequest, res: Http2ServerResponse, next: () => void) =>
          req.headers['x-refuse'] === undefined ? next() : res.writeHead(401).end('No'),
        );
      },
    });
    client = new Http2Client(app);
  });

  afterAll(async () => {
    await client.close();
    await app.close();
  });

  it('takes an upload in two parts, and delivers it', async () => {
    const created = await client.ask('POST', '/files', { 'upload-length': '10' });
    const path = created.headers.location!;
    const first = await client.ask('PATCH', path, { 'upload-offset': '0' }, 'hello');
    const where = await client.ask('HEAD', path);
    const second = await client.ask('PATCH', path, { 'upload-offset': '5' }, 'world');

    expect(created.headers[':status']).toBe(201);
    expect([first.headers[':status'], first.headers['upload-offset']]).toEqual([204, '5']);
    expect([where.headers[':status'], where.headers['upload-offset']]).toEqual([200, '5']);
    expect([second.headers[':status'], second.headers['upload-offset']]).toEqual([204, '10']);
    const finished = await app.finished.next();
    expect(await readFile(finished.path, 'utf8')).toBe('helloworld');
  });

  it('refuses in plain text, a wrong checksum too', async () => {
    const created = await client.ask('POST', '/files', { 'upload-length': '10' });
    const checksum = {
      'upload-offset': '0',
      'upload-checksum': 'sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
    };
    const mismatch = await client.ask('PATCH', created.headers.location!, checksum, 'hello');
    const conflict = await client.ask(
      'PATCH',
      created.headers.location!,
      { 'upload-offset': '3' },
      'hello',
    );

    expect(mismatch.headers[':status']).toBe(460);
    expect(conflict.headers[':status']).toBe(409);
    expect(conflict.text).toBe('The offset is 3; the upload is at 0.\n');
    expect(app.logs.errors()).toEqual([]);
  });

  it('answers OPTIONS, whatever middleware would answer', async () => {
    for (const headers of [{}, { 'x-refuse': 'yes' }]) {
      const answer = await client.ask('OPTIONS', '/files', headers);

      expect(answer.text).toBe('');
      expect(answer.headers).toMatchObject({
        ':status': 204,
        'tus-version': '1.0.0',
        'tus-resumable': '1.0.0',
      });
    }
    const refused = await client.ask('HEAD', '/files/x', { 'x-refuse': 'yes' });
    expect(refused.headers[':status']).toBe(401);
    expect(app.logs.errors()).toEqual([]);
  });

  it('ends a download whose client has left before the file is sent', async () => {
    const created = await client.ask('POST', '/files', { 'upload-length': '5' }, 'hello');
    asked = new Gate();
    over = new Gate();
    const { stream } = client.begin('GET', created.headers.location!);
    await asked.reached;

    stream.close(constants.NGHTTP2_CANCEL);
    await left;
    asked.open();

    await over.reached;
    expect(app.logs.errors()).toEqual([]);
  });
});
