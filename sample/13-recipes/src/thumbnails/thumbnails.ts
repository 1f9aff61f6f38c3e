import { mkdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { OnUploadFinished, type FinishedUpload } from 'nestjs-tus';
import sharp from 'sharp';

/** Pixels on the longer side. */
const SIZE = 320;

@Injectable()
export class Thumbnails {
  private readonly folder = resolve('./thumbnails');

  @OnUploadFinished({
    when: ({ metadata }) => metadata.filetype?.startsWith('image/') ?? false,
    concurrency: 2, // sharp takes all processors for one
    attempts: 3,
    timeout: '1m',
  })
  async make({ id, path }: FinishedUpload): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const unfinished = join(this.folder, `.${id}`);
    await sharp(path, { limitInputPixels: 50_000_000 })
      .rotate() // as the camera was held
      .resize(SIZE, SIZE, { fit: 'inside', withoutEnlargement: true })
      .webp()
      .toFile(unfinished);
    await rename(unfinished, this.pathOf(id));
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}.webp`);
  }
}
