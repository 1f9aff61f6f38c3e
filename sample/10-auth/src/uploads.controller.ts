import { Controller, Get, NotFoundException, Param, Req, UseGuards } from '@nestjs/common';
import { TusService, type OwnedUploads, type Upload } from 'nestjs-tus';
import { SessionGuard, type UserRequest } from './session.guard.js';

type Item = Pick<Upload, 'id' | 'filename' | 'state' | 'offset' | 'length'>;

/** Routes of the app's own that take an upload's id: `ownedBy()` keeps users apart. */
@Controller('tenants/:tenant/uploads')
@UseGuards(SessionGuard)
export class UploadsController {
  constructor(private readonly tus: TusService) {}

  @Get()
  async list(@Req() request: UserRequest): Promise<Item[]> {
    const { items } = await this.uploadsOf(request).list();
    return items.map(toItem);
  }

  @Get(':id')
  async find(@Req() request: UserRequest, @Param('id') id: string): Promise<Item> {
    const upload = await this.uploadsOf(request).find(id);
    if (!upload) throw new NotFoundException('There is no such upload.');
    return toItem(upload);
  }

  private uploadsOf({ user }: UserRequest): OwnedUploads {
    return this.tus.ownedBy(`${user.tenant}/${user.id}`);
  }
}

function toItem({ id, filename, state, offset, length }: Upload): Item {
  return { id, filename, state, offset, length };
}
