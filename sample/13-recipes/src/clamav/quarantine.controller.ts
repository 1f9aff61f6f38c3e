import { Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { TusService, type Page, type Upload } from 'nestjs-tus';

/** For administrators: put a guard on it. */
@Controller('quarantine')
export class QuarantineController {
  constructor(private readonly tus: TusService) {}

  @Get()
  list(): Promise<Page<Upload>> {
    return this.tus.list({ state: 'quarantined' });
  }

  /** It was a false alarm. */
  @Post(':id')
  release(@Param('id') id: string): Promise<void> {
    return this.tus.release(id);
  }

  @Delete(':id')
  remove(@Param('id') id: string): Promise<void> {
    return this.tus.terminate(id);
  }
}
