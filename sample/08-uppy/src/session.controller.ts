import {
  BadRequestException,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { Sessions } from './sessions.js';

/** A real app asks for a password. */
const USERS = ['ann', 'ben'];

/** What Express and Fastify have in common. */
interface Response {
  header(name: string, value: string): unknown;
}

@Controller('session')
export class SessionController {
  constructor(private readonly sessions: Sessions) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async show(@Headers() headers: IncomingHttpHeaders): Promise<{ user?: string }> {
    return { user: await this.sessions.userOf(headers) };
  }

  @Post(':user')
  @HttpCode(204)
  async begin(
    @Param('user') user: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    if (!USERS.includes(user)) throw new BadRequestException('There is no user of that name.');
    response.header('Set-Cookie', await this.sessions.begin(user));
  }

  @Delete()
  @HttpCode(204)
  end(@Res({ passthrough: true }) response: Response): void {
    response.header('Set-Cookie', this.sessions.end());
  }
}
