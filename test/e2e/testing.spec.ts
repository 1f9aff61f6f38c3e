import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { join } from 'node:path';
import { Controller, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import {
  OnUploadFinished,
  TusEndpoint,
  TusModule,
  TusService,
  UploadedUpload,
  type EndpointUpload,
  type FinishedUpload,
} from '../../lib/index.js';
import {
  makeUploadFolder,
  sendUpload,
  TestUploadError,
  waitForDelivery,
  type UploadFolder,
} from '../../lib/testing/index.js';
import { PLATFORMS } from '../support/index.js';
import { ADAPTERS } from '../support/platforms.js';

@Injectable()
class Importer {
  readonly imported: string[] = [];
  readonly attempts: number[] = [];

  @OnUploadFinished()
  import({ filename = '', attempt }: FinishedUpload): void {
    this.attempts.push(attempt);
    if (filename === 'never.txt') throw new Error('not this one');
    if (filename === 'later.txt' && attempt < 3) throw new Error('not yet');
    this.imported.push(filename);
  }
}

@Controller()
class Avatars {
  @TusEndpoint('avatar')
  change(@UploadedUpload() upload: EndpointUpload): { size: number } {
    return { size: upload.size };
  }
}

describe.each(PLATFORMS)('nestjs-tus/testing, on %s', (platform) => {
  let folder: UploadFolder;
  let app: INestApplication;
  let tus: TusService;

  beforeAll(async () => {
    folder = await makeUploadFolder();
    @Module({
      imports: [
        TusModule.forRoot({
          tmpFileDir: folder.path,
          maxSize: '1KB',
          delivery: { attempts: 3, backoff: { first: 0.01 } },
        }),
      ],
      providers: [Importer],
      controllers: [Avatars],
    })
    class AppModule {}
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    module.useLogger(false);
    app = module.createNestApplication(ADAPTERS[platform]());
    await app.init();
    tus = app.get(TusService);
  });

  afterAll(async () => {
    await app.close();
    await folder.remove();
  });

  it('uploads to an app that does not listen yet, in one request or several', async () => {
    const whole = await sendUpload(app, '/files', 'hello', { metadata: { filename: 'a.txt' } });
    const seen: unknown[] = [];
    const server = app.getHttpServer() as Server;
    server.on('request', ({ method, headers }: IncomingMessage) =>
      seen.push(method, headers['x-one']),
    );
    const options = { chunkSize: 2, headers: { 'X-One': '1' } };
    const parts = await sendUpload(app, '/files', Buffer.from('hello'), options);

    expect(seen).toEqual(['POST', '1', 'PATCH', '1', 'PATCH', '1', 'PATCH', '1']);

    expect(whole).toMatchObject({ status: 204, body: '' });
    for (const { id, url } of [whole, parts]) {
      expect(url).toMatch(new RegExp(`^http://127.0.0.1:\\d+/files/${id}$`));
      expect(await tus.find(id)).toMatchObject({ state: 'finished', offset: 5 });
    }
  });

  it('gives what an endpoint answered, also to an upload without bytes', async () => {
    const { status, body, headers } = await sendUpload(app, '/avatar', 'hello');
    const empty = await sendUpload(app, '/avatar', '');

    expect([status, JSON.parse(body)]).toEqual([200, { size: 5 }]);
    expect(headers.get('content-type')).toMatch('application/json');
    expect(JSON.parse(empty.body)).toEqual({ size: 0 });
  });

  it('throws what a refusal says', async () => {
    const sending = sendUpload(app, '/files', 'x'.repeat(2000));

    await expect(sending).rejects.toThrow(TestUploadError);
    await expect(sending).rejects.toMatchObject({
      status: 413,
      message: expect.stringContaining('POST /files was answered with 413') as string,
    });
  });

  it('waits for handlers, over attempts that fail', async () => {
    const metadata = { filename: 'later.txt' };
    const { id } = await sendUpload(app, '/files', 'hello', { metadata });

    const upload = await waitForDelivery(tus, id);

    expect(upload).toMatchObject({ id, state: 'finished' });
    expect(app.get(Importer).imported).toContain('later.txt');
  });

  it('says why it waits in vain', async () => {
    const { id } = await sendUpload(app, '/files', 'x', { metadata: { filename: 'never.txt' } });
    const unfinished = await tus.create({ length: 5 });
    const ended = await tus.create({ length: 5 });
    await tus.terminate(ended.id);
    const waitFor = (one: string) => waitForDelivery(tus, one, { timeout: 20 });

    await expect(waitForDelivery(tus, id)).rejects.toThrow(
      /Importer#import was given up .*not this one/,
    );
    await expect(waitFor(unfinished.id)).rejects.toThrow(/After 20 ms .* has 0 of 5 bytes/);
    await expect(waitFor(ended.id)).rejects.toThrow(/is terminated/);
    await expect(waitFor('unknown')).rejects.toThrow(/no upload unknown/);
  });
});

describe('A folder of nestjs-tus/testing', () => {
  it('is empty, a new one each time, and goes with all that is in it', async () => {
    const [one, other] = await Promise.all([makeUploadFolder(), makeUploadFolder()]);
    expect(one.path).not.toBe(other.path);
    await writeFile(join(one.path, 'file'), 'hello');

    await Promise.all([one.remove(), other.remove(), one.remove()]);

    expect([one, other].map(({ path }) => existsSync(path))).toEqual([false, false]);
  });
});
