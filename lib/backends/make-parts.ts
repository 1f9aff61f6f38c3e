import { TusOptionError } from '../errors/index.js';
import type {
  RegistryBackend,
  RegistryContext,
  RegistryFactory,
  StorageContext,
  StorageFactory,
} from '../interfaces/index.js';
import type { UploadStorage } from '../storage/index.js';

/** @throws TusOptionError when the factory makes no registry, or no cluster beside it */
export async function makeBackend(
  factory: RegistryFactory,
  context: RegistryContext,
): Promise<RegistryBackend> {
  const made = (await factory.create(context)) as Partial<RegistryBackend> | undefined;
  if (made?.registry && made.cluster) return made as RegistryBackend;
  throw new TusOptionError('registry', made, madeNothing('{ registry, cluster, open(), close() }'));
}

/** @throws TusOptionError when the factory makes no storage */
export async function makeStorage(
  factory: StorageFactory,
  context: StorageContext,
): Promise<UploadStorage> {
  const made = (await factory.create(context)) as Partial<UploadStorage> | undefined;
  if (made?.openWriter) return made as UploadStorage;
  throw new TusOptionError('storage', made, madeNothing('an UploadStorage'));
}

function madeNothing(wanted: string): string {
  return `That is what its create() has made. Let it return ${wanted}, or a promise of it.`;
}
