import { Controller, Get, Header, NotFoundException, Param } from '@nestjs/common';
import { TusService, type Upload } from 'nestjs-tus';
import { FinishedUploads, type FinishedItem } from './finished-uploads.js';

@Controller('uploads')
export class UploadsController {
  constructor(
    private readonly tus: TusService,
    private readonly finished: FinishedUploads,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  list(): FinishedItem[] {
    return this.finished.all();
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
