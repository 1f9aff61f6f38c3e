import { BadRequestException, Controller, Param, Post } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { User } from './session.guard.js';

/** A real app asks for a password, or for a refresh token. */
const USERS = new Map<string, User>([
  ['ann', { id: 'ann', tenant: 'acme' }],
  ['ben', { id: 'ben', tenant: 'beta' }],
]);

@Controller('sessions')
export class SessionController {
  constructor(private readonly jwt: JwtService) {}

  @Post(':name')
  async begin(@Param('name') name: string): Promise<{ token: string; tenant: string }> {
    const user = USERS.get(name);
    if (!user) throw new BadRequestException('There is no user of that name.');
    return { token: await this.jwt.signAsync({ ...user }), tenant: user.tenant };
  }
}
