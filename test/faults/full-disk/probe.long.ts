import { fileURLToPath } from 'node:url';
import { findSmallDisk } from './small-disk.js';

const smallDisk = await findSmallDisk('tmpfs');
const child = fileURLToPath(new URL('probe.child.js', import.meta.url));

if (smallDisk) {
  describe('A probe of a storage', () => {
    it('tells of a full disk, and of a read-only one, and leaves nothing on either', async () => {
      const output = await smallDisk((disk) => [process.execPath, child, disk]);

      expect(JSON.parse(output)).toEqual({ told: ['well', 'ENOSPC', 'well', 'EROFS'], left: [] });
    });
  });
}
