import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { Sessions } from './sessions.js';

/** A request once the guard has let it in. */
export interface UserRequest {
  readonly headers: IncomingHttpHeaders;
  user: string;
}

/** Lets in who is signed in: to uploads, to downloads, and to the list of them. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const user = await this.sessions.userOf(request.headers);
    if (user === undefined) throw new UnauthorizedException('Sign in to upload files.');
    request.user = user;
    return true;
  }
}
