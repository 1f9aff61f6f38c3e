import {
  Controller,
  Get,
  Header,
  Headers,
  HttpStatus,
  NotFoundException,
  Param,
  Res,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { TusEndpoint, UploadedUpload, type EndpointUpload } from 'nestjs-tus';
import { Avatars, type Avatar } from './avatars.js';
import { picturePipe } from './picture.pipe.js';
import { SessionGuard, User } from './session.guard.js';

/** What Express and Fastify have in common. */
interface Response {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

@Controller()
export class AvatarController {
  constructor(private readonly avatars: Avatars) {}

  /** Runs once, when the last byte is there; what it returns is the answer to that request. */
  @TusEndpoint('me/avatar', { maxSize: '10MB' })
  @UseGuards(SessionGuard)
  async change(
    @User() user: string,
    @UploadedUpload(picturePipe) upload: EndpointUpload,
  ): Promise<Omit<Avatar, 'path'>> {
    const { path: _path, ...avatar } = await this.avatars.keep(user, upload);
    return avatar;
  }

  @Get('users/:user/avatar')
  @Header('Cache-Control', 'no-cache')
  @Header('X-Content-Type-Options', 'nosniff')
  async show(
    @Param('user') user: string,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile | undefined> {
    const avatar = await this.avatars.find(user);
    if (!avatar) throw new NotFoundException(`${user} has no avatar.`);

    const { path, type, size, etag } = avatar;
    response.header('ETag', etag);
    if (known === etag) {
      response.status(HttpStatus.NOT_MODIFIED);
      return undefined;
    }
    return new StreamableFile(createReadStream(path), { type, length: size });
  }
}
