import { Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { cp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Lib from '../../lib/index.js';
import { TusModule } from '../../lib/index.js';
import {
  ADAPTERS,
  LogCollector,
  makeTempFolder,
  PLATFORMS,
  removeTempFolder,
  startApp,
  uploadWhole,
} from '../support/index.js';
import type { PlatformName } from '../support/index.js';

const LIB = dirname(fileURLToPath(new URL('../../lib/index.js', import.meta.url)));

/** Where copies of the library are put: beside it, so that they find the same packages. */
function copyFolder(name: string): string {
  return join(dirname(LIB), `${basename(LIB)}-copy-${process.pid}-${name}`);
}

/** What an app says of copies while it is made, before anything of it is there to be asked. */
async function toldBy(platform: PlatformName): Promise<string[]> {
  const tmpFileDir = await makeTempFolder();
  const logger = new LogCollector();
  const module = { module: class {}, imports: [TusModule.forRoot({ tmpFileDir })] };
  const app = await NestFactory.create(module, ADAPTERS[platform]({}), { logger });
  await app.close();
  await removeTempFolder(tmpFileDir);
  const warnings = logger.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  return warnings.filter((text) => text.includes('nestjs-tus is loaded'));
}

describe.each(PLATFORMS)('A second copy of the package in an app on %s', (platform) => {
  const folder = copyFolder(platform);
  let copy: typeof Lib;
  let alone: string[];
  beforeAll(async () => {
    alone = await toldBy(platform);
    await cp(LIB, folder, { recursive: true });
    copy = (await import(pathToFileURL(join(folder, 'index.js')).href)) as typeof Lib;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is told of at start, with the places of both, once', async () => {
    expect(alone).toEqual([]);
    const [line, ...others] = await toldBy(platform);
    expect(line).toContain(`${LIB} (`);
    expect(line).toContain(`${folder} (`);
    expect(others).toEqual([]);
    expect(await toldBy(platform)).toEqual([]);
  });

  it('marks handlers for the first one too', async () => {
    let finish: (id: string) => void;
    const finished = new Promise<string>((resolve) => (finish = resolve));

    @Injectable()
    class Importer {
      @copy.OnUploadFinished()
      import({ id }: Lib.FinishedUpload): void {
        finish(id);
      }
    }
    const app = await startApp({ platform, providers: [Importer] });
    const { id } = await uploadWhole(app, 'abc');
    expect(await finished).toBe(id);
    await app.close();
  });

  it('does not open the folder that the first one uses', async () => {
    const imports = (tmpFileDir: string) => [
      copy.TusModule.forRoot({ name: 'other', uploadPath: '/other', tmpFileDir }),
    ];
    await expect(startApp({ platform, imports })).rejects.toThrow(/Another TusModule instance/);
  });
});
