import { execFile } from 'node:child_process';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { eventually } from '../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { buildFaultShim } from '../shim/fault-shim.js';
import type { RegistryEioReport } from './registry-eio.report.js';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./registry-eio.child.js', import.meta.url));

const tools = await makeTempFolder();
const env = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

async function fail(folder: string, call: string): Promise<RegistryEioReport> {
  const { stdout } = await run(process.execPath, [CHILD, folder, call], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RegistryEioReport;
}

if (env) {
  describe.each(['fdatasync', 'pwrite64'])('a registry whose disk fails at %s', (call) => {
    let parent: string;
    let folder: string;
    beforeEach(async () => {
      parent = await makeTempFolder();
      folder = join(parent, '.tus');
    });
    afterEach(() => removeTempFolder(parent));

    it('writes nothing more until all of it is in a new file, at a restart too', async () => {
      const report = await fail(folder, call);
      expect(report).toEqual({
        before: ['done'],
        momentary: ['StorageFaultError'],
        afterMoment: { outcomes: ['done'], missing: 0 },
        lasting: ['StorageFaultError'],
        afterRestart: { outcomes: ['done'], missing: 0 },
        events: ['faulted', 'repaired', 'faulted'],
        files: 3,
      });
    });

    it('keeps its file as long as another process uses it', async () => {
      const other = new LmdbRegistry({ folder, durable: true });
      await other.open();
      await other.list({});
      const data = () => stat(join(folder, 'data.mdb'), { bigint: true });
      const { ino, birthtimeNs } = await data();

      const failing = fail(folder, call);
      await eventually(() => access(join(folder, 'faulty')));
      expect(await data()).toMatchObject({ ino, birthtimeNs });
      await other.close();
      expect((await failing).afterMoment).toEqual({ outcomes: ['done'], missing: 0 });
      expect(await data()).not.toMatchObject({ ino, birthtimeNs });
    });
  });
}
