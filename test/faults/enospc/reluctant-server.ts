import { jest } from '@jest/globals';
import { NoSpaceError } from '../../../lib/index.js';
import type { UploadRegistry } from '../../../lib/registry/index.js';
import type { UploadStorage } from '../../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../../lib/tus.constants.js';
import { startApp, storedBytes, watchUnhandledRejections } from '../../support/index.js';
import type { CreatedUpload, PlatformName, TestApp } from '../../support/index.js';
import type { FullDiskServer } from './full-disk-server.js';

/** An app whose storage and registry say that they are full, for systems without small disks. */
export class ReluctantServer implements FullDiskServer {
  private readonly rejections = watchUnhandledRejections();

  private constructor(readonly target: TestApp) {}

  static async start(platform: PlatformName): Promise<ReluctantServer> {
    return new ReluctantServer(await startApp({ platform }));
  }

  async fill(): Promise<void> {
    const storage = this.target.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const openWriter = storage.openWriter.bind(storage);
    jest.spyOn(storage, 'openWriter').mockImplementation(async (id) => {
      const writer = await openWriter(id);
      const write = writer.write.bind(writer);
      jest.spyOn(writer, 'write').mockImplementation(async ([first]) => {
        await write(first ? [first] : []);
        throw new NoSpaceError();
      });
      return writer;
    });
    const registry = this.target.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    jest.spyOn(registry, 'create').mockRejectedValue(new NoSpaceError());
    jest.spyOn(registry, 'change').mockRejectedValue(new NoSpaceError());
  }

  async makeRoom(): Promise<void> {
    jest.restoreAllMocks();
  }

  stored(upload: CreatedUpload): Promise<Buffer> {
    return storedBytes(this.target, upload);
  }

  async delivered({ id }: CreatedUpload): Promise<void> {
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
}
