import { NoSpaceError } from '../../../lib/index.js';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type { UploadStorage, UploadWriter } from '../../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../../lib/tus.constants.js';
import { listFiles, startApp, storedBytes, watchUnhandledRejections } from '../../support/index.js';
import type { PlatformName, TestApp } from '../../support/index.js';
import type { FullDiskServer, Named } from './full-disk-server.js';

/** An app whose storage and registry say that they are full, for systems without small disks. */
export class ReluctantServer implements FullDiskServer {
  private readonly rejections = watchUnhandledRejections();

  private constructor(readonly target: TestApp) {}

  static async start(platform: PlatformName): Promise<ReluctantServer> {
    return new ReluctantServer(await startApp({ platform }));
  }

  async fill(): Promise<void> {
    const disk = { full: false };
    this.fillStorage(disk);
    this.fillRegistry(disk);
  }

  async makeRoom(): Promise<void> {
    jest.restoreAllMocks();
  }

  stored(upload: Named): Promise<Buffer> {
    return storedBytes(this.target, upload);
  }

  async files(): Promise<string[]> {
    const files = await listFiles(this.target.tmpFileDir);
    return files.filter((file) => !file.startsWith('.tus'));
  }

  async delivered({ id }: Named): Promise<void> {
    await this.target.finished.of(id);
    expect(this.target.finished.countOf(id)).toBe(1);
  }

  expectWell(): void {
    expect(this.rejections.reasons).toEqual([]);
  }

  async stop(): Promise<void> {
    this.rejections.stop();
    await this.target.close();
  }

  /** The first chunk, or part, still fits; bytes that are removed make room again. */
  private fillStorage(disk: Disk): void {
    const storage = this.target.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const openWriter = storage.openWriter.bind(storage);
    jest.spyOn(storage, 'openWriter').mockImplementation(async (upload, options) => {
      return withOneChunk(await openWriter(upload, options), disk);
    });
    const remove = storage.remove.bind(storage);
    jest.spyOn(storage, 'remove').mockImplementation(async (upload) => {
      const stored = await storage.stat(upload);
      await remove(upload);
      if (stored?.size) disk.full = false;
    });
    const concatenate = storage.concatenate.bind(storage);
    jest.spyOn(storage, 'concatenate').mockImplementation(async (upload, [first]) => {
      await concatenate(upload, first === undefined ? [] : [first]);
      runOut(disk);
    });
  }

  /** Records fit until bytes have taken the last room. */
  private fillRegistry(disk: Disk): void {
    const registry = this.target.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    const create = registry.create.bind(registry);
    jest.spyOn(registry, 'create').mockImplementation(async (record, admit, deliveries) => {
      if (disk.full) throw new NoSpaceError();
      return create(record, admit, deliveries);
    });
    const change = registry.change.bind(registry);
    jest.spyOn(registry, 'change').mockImplementation(async (id, update) => {
      if (disk.full) throw new NoSpaceError();
      return change(id, update);
    });
  }
}

/** A disk that has no room left once something ran out of it, until bytes are removed. */
interface Disk {
  full: boolean;
}

function withOneChunk(writer: UploadWriter, disk: Disk): UploadWriter {
  const write = writer.write.bind(writer);
  jest.spyOn(writer, 'write').mockImplementation(async ([first]) => {
    await write(first ? [first] : []);
    runOut(disk);
  });
  return writer;
}

function runOut(disk: Disk): never {
  disk.full = true;
  throw new NoSpaceError();
}
