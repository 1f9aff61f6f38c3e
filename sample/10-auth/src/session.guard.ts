import {
  ForbiddenException,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { IncomingHttpHeaders } from 'node:http';

/** What a token says. */
export interface User {
  readonly id: string;
  readonly tenant: string;
}

/** A request once the guard has let it in. */
export interface UserRequest {
  readonly headers: IncomingHttpHeaders;
  readonly params: { readonly tenant?: string };
  user: User;
}

/** Lets in who brings a valid token, and only to paths of the token's tenant. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<UserRequest>();
    request.user = await this.userOf(request);
    const { tenant = request.user.tenant } = request.params;
    if (tenant !== request.user.tenant) throw new ForbiddenException('This is another tenant’s.');
    return true;
  }

  private async userOf({ headers }: UserRequest): Promise<User> {
    const { authorization = '' } = headers;
    try {
      return await this.jwt.verifyAsync<User>(authorization.replace(/^Bearer /, ''));
    } catch {
      throw new UnauthorizedException('Sign in.');
    }
  }
}
