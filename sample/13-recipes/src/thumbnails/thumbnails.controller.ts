import { open } from 'node:fs/promises';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';
import { TusService } from 'nestjs-tus';
import { Thumbnails } from './thumbnails.js';

@Controller('thumbnails')
export class ThumbnailsController {
  constructor(
    private readonly tus: TusService,
    private readonly thumbnails: Thumbnails,
  ) {}

  @Get(':id')
  @Header('Cache-Control', 'private, max-age=86400')
  async read(@Param('id') id: string): Promise<StreamableFile> {
    // What is the id of an upload is no path.
    const upload = await this.tus.find(id);
    const file = upload && (await open(this.thumbnails.pathOf(upload.id)).catch(() => undefined));
    if (!file) throw new NotFoundException('There is no such picture.');
    return new StreamableFile(file.createReadStream(), { type: 'image/webp' });
  }
}
