import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { otherDevice } from '../../unit/storage/other-device.js';
import { buildFaultShim } from '../shim/fault-shim.js';
import type { NameReport, Naming } from './names-eio.report.js';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./names-eio.child.js', import.meta.url));

const tools = await makeTempFolder();
const env = await buildFaultShim(tools);
const other = await otherDevice(tools);
afterAll(async () => {
  if (other !== undefined) await removeTempFolder(other);
  await removeTempFolder(tools);
});

if (env) {
  describe('a name that cannot be flushed', () => {
    let reports: Record<Naming, NameReport>;
    beforeAll(async () => {
      const folder = join(tools, 'uploads');
      await mkdir(folder);
      const { stdout } = await run(process.execPath, [CHILD, folder, other ?? tools], { env });
      reports = JSON.parse(stdout) as Record<Naming, NameReport>;
    });

    const again = { first: 'StorageFaultError', second: 'done', text: 'whole' };

    it('is taken back, and given again by the next try', () => {
      expect(reports.place).toEqual({ ...again, left: ['other'] });
      expect(reports.move).toEqual({ ...again, left: ['other'] });
    });

    it('is not given to a copy that could not be flushed, which is made anew', () => {
      if (other === undefined) return;
      expect(reports['move to another device']).toEqual({ ...again, left: [] });
    });

    it('is taken back from a new folder', () => {
      expect(reports['make a folder']).toEqual({ ...again, left: ['no folder'] });
    });
  });
}
