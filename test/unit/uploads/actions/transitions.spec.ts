import { join } from 'node:path';
import { LmdbRegistry } from '../../../../lib/registry/lmdb/index.js';
import { DiskStorage } from '../../../../lib/storage/disk/index.js';
import { EndedUploads } from '../../../../lib/uploads/actions/ended-uploads.js';
import { Transitions } from '../../../../lib/uploads/actions/transitions.js';
import { FileHashes } from '../../../../lib/uploads/bodies/file-hashes.js';
import { Leases, storageRecords } from '../../../../lib/uploads/index.js';
import type { UploadObserver, UploadRules } from '../../../../lib/uploads/index.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';
import { uploadRecord } from '../../registry/records.js';

const RULES = { reserveDisk: false } as UploadRules;

describe('the end of an upload that was not finished', () => {
  let folder: string;
  let registry: LmdbRegistry;
  let storage: DiskStorage;
  let hashes: FileHashes;
  let transitions: Transitions;
  let ended: string[];

  beforeEach(async () => {
    folder = await makeTempFolder();
    registry = new LmdbRegistry({ folder: join(folder, '.tus'), durable: false });
    storage = new DiskStorage({ folder, records: storageRecords(registry) });
    hashes = new FileHashes(storage, { algorithm: 'sha256' });
    ended = [];
    const observer = {
      created: () => undefined,
      ended: ({ state }: { state: string }) => void ended.push(state),
    } as unknown as UploadObserver;
    const forgetting = new EndedUploads(registry, storage, new Leases());
    transitions = new Transitions(registry, storage, RULES, forgetting, observer, hashes);
    await storage.open();
    await registry.open();
  });
  afterEach(async () => {
    await registry.close();
    await removeTempFolder(folder);
  });

  it.each(['terminated', 'expired'] as const)('as %s keeps none of its hash', async (state) => {
    const record = await transitions.begin(uploadRecord());
    const running = hashes.of(record);
    expect(hashes.of(record)).toBe(running);

    await transitions.end(record.id, state);
    expect(hashes.of(record)).not.toBe(running);
    expect(ended).toEqual([state]);
    expect((await registry.get(record.id))?.state).toBe(state);
  });
});
