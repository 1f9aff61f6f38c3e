import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  head,
  listFiles,
  offsetOf,
  patch,
  PLATFORMS,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';

/** Puts bytes where a process that died before it removed them would have left them. */
function leaveBytes(app: TestApp, id: string): Promise<void> {
  return writeFile(join(app.tmpFileDir, id), 'left');
}

describe.each(PLATFORMS)('Bytes that a killed process did not come to remove (%s)', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1h', cleanup: { every: false } } });

  it('are removed by the next pass after a termination, which stays known', async () => {
    const upload = await create(app(), { length: 8 });
    await patch(app(), upload, { body: 'half' });
    await terminate(app(), upload);
    await leaveBytes(app(), upload.id);

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect((await head(app(), upload)).status).toBe(410);
  });

  it('are removed by the next pass after a file was handled, which stays known', async () => {
    const upload = await uploadWhole(app(), 'whole');
    await app().finished.of(upload.id);
    await app().tus.cleanupFile(upload.id);
    await leaveBytes(app(), upload.id);

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});

describe.each(PLATFORMS)('Bytes of an expired upload (%s)', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1ms', cleanup: { every: false } } });

  it('are removed by the next pass when they could not be at once', async () => {
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const upload = await create(app(), { length: 8, body: 'half' });
    jest.spyOn(storage, 'remove').mockRejectedValueOnce(new Error('Not now.'));
    while ((await app().tus.find(upload.id))?.state === 'receiving') await app().tus.cleanup();

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect((await head(app(), upload)).status).toBe(410);
  });
});
