import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../lib/uploads/model/new-id.js';
import type { UploadRegistry } from '../../lib/registry/index.js';
import { TUS_REGISTRY } from '../../lib/tus.constants.js';
import {
  create,
  head,
  listFiles,
  patch,
  PLATFORMS,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';

describe.each(PLATFORMS)('A final upload whose process died over it (%s)', (platform) => {
  const app = useApp({ platform });

  /**
   * Leaves what a process leaves that is killed when the bytes of the last part are there, and not
   * all of the others: a file of the whole length.
   */
  async function leaveHalf(): Promise<{ id: string; path: string }> {
    const headers = { 'Upload-Concat': 'partial' };
    const { path: part } = await create(app(), { length: 8, body: 'the part', headers });
    const id = newId();
    const registry = app().nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    const concat = `final;${part}`;
    await registry.create({ id, state: 'receiving', length: 8, concat, createdAt: Date.now() });
    await writeFile(join(app().tmpFileDir, id), '\0\0\0\0part');
    return { id, path: `/files/${id}` };
  }

  it.each([
    ['HEAD', 410, head],
    ['PATCH', 403, patch],
    ['DELETE', 410, terminate],
  ] as const)('is gone for a %s that comes before the repair', async (_method, status, ask) => {
    const half = await leaveHalf();

    expect((await ask(app(), half)).status).toBe(status);

    expect(await app().tus.find(half.id)).toMatchObject({ state: 'expired' });
    expect(await listFiles(app().tmpFileDir)).not.toContain(half.id);
    await app().finished.of((await uploadWhole(app(), 'another one')).id);
    expect(app().finished.countOf(half.id)).toBe(0);
  });
});
