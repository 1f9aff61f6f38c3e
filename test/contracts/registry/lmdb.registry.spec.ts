import { join } from 'node:path';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { describeRegistry } from './registry.contract.js';
import type { RegistryPlace } from './registry.contract.js';

async function place(durable: boolean): Promise<RegistryPlace> {
  const parent = await makeTempFolder();
  const folder = join(parent, 'uploads', '.tus');
  return {
    registry: (fence) => new LmdbRegistry({ folder, durable, fence }),
    remove: () => removeTempFolder(parent),
  };
}

describeRegistry('the LMDB registry, every write on disk', () => place(true));
describeRegistry('the LMDB registry, writes left to the system', () => place(false));
