import { statfsSync } from 'node:fs';
import { removeRegistries } from '../support/app-registry.js';
import { removeStorages } from '../support/app-storage.js';
import { endLeftovers } from '../support/leftovers.js';

/** Specs of HTTP, which would mostly wait for a disk to flush; all others test that disk, too. */
const OF_HTTP = /[\\/]test[\\/](conformance|e2e|recipes)[\\/]/;

const MEMORY = '/dev/shm';
const ENOUGH = 2 * 1024 ** 3;

/** Gives each spec its place for folders, and puts back what it has changed of what all share. */
export default function aroundSpec(): void {
  const before = { ...process.env };
  const { testPath = '' } = expect.getState();
  if (process.env.TUS_FULL !== '1' && OF_HTTP.test(testPath) && hasMemory()) {
    process.env.TMPDIR = MEMORY;
  }
  afterAll(async () => {
    await endLeftovers();
    await removeStorages();
    await removeRegistries();
    jest.restoreAllMocks();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
}

/** Whether the system keeps a folder in memory, and has room in it. */
function hasMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH;
  } catch {
    return false;
  }
}
