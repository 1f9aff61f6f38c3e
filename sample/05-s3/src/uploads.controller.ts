import { Controller, Get, Header, NotFoundException, Param } from '@nestjs/common';
import { TusService, type Upload } from 'nestjs-tus';

/** A finished upload as the page shows it. */
interface FinishedItem {
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** `s3://bucket/key`. */
  readonly path?: string;
  /** Where it can be downloaded, for five minutes at the bucket itself. */
  readonly url: string;
  readonly finishedAt?: Date;
}

@Controller('uploads')
export class UploadsController {
  constructor(private readonly tus: TusService) {}

  /** The first page of finished uploads. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(): Promise<FinishedItem[]> {
    const { items } = await this.tus.list({ state: 'finished' });
    return items.map(toItem).reverse();
  }

  /** How far an upload is. Unlike a HEAD request to its URL, this never disturbs it. */
  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async status(
    @Param('id') id: string,
  ): Promise<Pick<Upload, 'id' | 'state' | 'offset' | 'length'>> {
    const upload = await this.tus.find(id);
    if (!upload) {
      throw new NotFoundException('There is no such upload.');
    }
    const { state, offset, length } = upload;
    return { id, state, offset, length };
  }
}

function toItem({ id, filename, offset, path, endedAt }: Upload): FinishedItem {
  const url = `files/${id}`;
  return { id, name: filename ?? id, size: offset, path, url, finishedAt: endedAt };
}
