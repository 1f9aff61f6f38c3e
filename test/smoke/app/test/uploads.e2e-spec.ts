import { Test } from '@nestjs/testing';
import { INestApplication } from '@nestjs/common';
import { NoFileError, TusService } from 'nestjs-tus';
import request from 'supertest';
import { App } from 'supertest/types';
import { AppModule } from './../src/app.module';

const PNG = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
  Buffer.alloc(50),
]);

describe('Uploads (e2e)', () => {
  let app: INestApplication<App>;

  beforeEach(async () => {
    const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = moduleFixture.createNestApplication();
    await app.init();
  });

  /** tus 1.0 §Creation With Upload. */
  function create(path: string, bytes: Buffer, filename: string) {
    return request(app.getHttpServer())
      .post(path)
      .set('Tus-Resumable', '1.0.0')
      .set('Upload-Length', String(bytes.length))
      .set('Upload-Metadata', `filename ${Buffer.from(filename).toString('base64')}`)
      .set('Content-Type', 'application/offset+octet-stream')
      .send(bytes);
  }

  it('/files (POST) takes a picture, and the importer is given it', async () => {
    const { headers } = await create('/files', PNG, 'cat.png').expect(201);
    expect(headers['upload-offset']).toBe(String(PNG.length));

    const imported = () => request(app.getHttpServer()).get('/imported');
    while ((await imported()).text === '[]') await new Promise(setImmediate);
    await imported().expect(200, ['cat.png']);

    const id = String(headers.location).split('/').pop() ?? '';
    const tus = app.get(TusService);
    await expect(tus.getFilepath(id)).rejects.toThrow(NoFileError);
  });

  it('/files (POST) refuses what is no picture', async () => {
    await create('/files', Buffer.from('%PDF-1.4\n'), 'cat.png').expect(415);
  });

  it('/users/:user/avatar (POST) answers with what the controller returns', async () => {
    await create('/users/ada/avatar', PNG, 'me.png')
      .expect(201)
      .expect({ user: 'ada', type: 'image/png', size: PNG.length });
  });

  afterEach(async () => {
    await app.close();
  });
});
