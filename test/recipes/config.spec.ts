import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as recipe from '../../sample/13-recipes/src/config/app.module.js';
import { PLATFORMS, create, makeTempFolder, post, removeTempFolder } from '../support/index.js';
import { startRecipe } from './recipe.js';

describe.each(PLATFORMS)('The recipe for ConfigModule on %s', (platform) => {
  let folder: string;
  const given = { ...process.env };
  beforeEach(async () => {
    folder = await makeTempFolder();
    process.env.UPLOADS = join(folder, 'uploads.json');
  });
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (!(name in given)) delete process.env[name];
    await removeTempFolder(folder);
  });
  const write = (options: object) => writeFile(process.env.UPLOADS!, JSON.stringify(options));

  it('takes options from the file, and from variables, which come first', async () => {
    const tmpFileDir = join(folder, 'here');
    await write({
      tmpFileDir,
      maxSize: '1GB',
      allowedTypes: ['text/*'],
      delivery: { attempts: 7 },
    });
    process.env.UPLOADS_MAX_SIZE = '10';
    process.env.UPLOADS_DELIVERY__BACKOFF__FIRST = '2s';
    process.env.UPLOADS_QUOTA__CONCURRENT = '3';
    process.env.UPLOADS_CORS = 'true';
    const app = await startRecipe(recipe, platform);
    try {
      const metadata = { filetype: 'text/plain' };
      await create(app, { length: 5, body: 'hello', metadata });
      await access(join(tmpFileDir, '.tus'));
      expect((await post(app, { length: 11 })).status).toBe(413);
      const other = { filetype: 'image/png' };
      expect((await post(app, { length: 5, metadata: other })).status).toBe(415);
      const preflight = await app.request({
        method: 'OPTIONS',
        path: '/files',
        headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' },
      });
      expect(preflight.headers['access-control-allow-origin']).toBeDefined();
    } finally {
      await app.close();
      await removeTempFolder(app.home);
    }
  });

  it.each([
    ['UPLOADS_MAX_SIZES', '1', '"maxSizes"'],
    ['UPLOADS_DELIVERY__TRIES', '1', '"delivery.tries"'],
    ['UPLOADS_RESERVE_DISK', 'yes', '"reserveDisk"'],
  ])('does not start with %s=%s', async (name, value, told) => {
    await write({});
    process.env[name] = value;
    await expect(startRecipe(recipe, platform)).rejects.toThrow(told);
  });
});
