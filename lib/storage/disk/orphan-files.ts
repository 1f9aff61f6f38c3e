import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FOLDER } from '../../folder/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { REGISTRY_FOLDER } from '../../tus.constants.js';
import type { Cleared, Holding } from '../storage.interface.js';
import { isRemnant, uploadIdOf } from './file-names.js';
import type { FilePlaces } from './file-places.js';
import { removeIfThere } from './move-file.js';
import { putAside } from './put-aside.js';
import { isUnrecorded } from './unrecorded-mark.js';
import type { UploadFolder } from './upload-folder.js';

/** Where files go that nothing is known of; made for the first one. */
const LOST_FOLDER = join(REGISTRY_FOLDER, 'lost');

/** Names read from the folder at a time. */
const PAGE = 256;

/** What lies in the folder under names of ours, and is not to be found by requests any more. */
export class OrphanFiles {
  private readonly lostFolder: string;

  constructor(
    private readonly folder: UploadFolder,
    private readonly places: FilePlaces,
  ) {
    this.lostFolder = join(folder.path, LOST_FOLDER);
  }

  async setAside({ id }: UploadRecord): Promise<string | undefined> {
    return this.putAside(id);
  }

  async *holdings(): AsyncGenerator<Holding> {
    for await (const entry of await opendir(this.folder.path, { bufferSize: PAGE })) {
      const { name } = entry;
      if (!entry.isFile()) continue;
      const id = uploadIdOf(name);
      if (id !== undefined) yield { name, id };
      else if (isRemnant(name)) yield { name };
    }
  }

  /** Bytes whose record was seen to be stored are never removed: they may be a finished file of the app's. */
  async clear({ name, id }: Holding, before: number): Promise<Cleared | undefined> {
    if (id === undefined && !isRemnant(name)) throw new TypeError(`${name} is no remnant.`);
    const path = join(this.folder.path, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats || stats.mtimeMs >= before) return undefined;
    const isRemnantOnly = id === undefined || isUnrecorded(stats);
    if (isRemnantOnly) return removeIfThere(path).then(() => ({ kind: 'removed' }));
    const place = await this.putAside(id);
    return place === undefined ? undefined : { kind: 'aside', place };
  }

  private async putAside(id: string): Promise<string | undefined> {
    this.folder.assertNotLost(id);
    return putAside(this.places.first(id), this.lostFolder, PRIVATE_FOLDER);
  }
}
