import {
  createParamDecorator,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';

/** Users by the token of their session. A real app asks its session store, or verifies a JWT. */
const SESSIONS = new Map([
  ['token-of-ann', 'ann'],
  ['token-of-ben', 'ben'],
]);

/** A request as it is once the guard has let it in. */
export interface UserRequest {
  readonly headers: IncomingHttpHeaders;
  user?: string;
}

/** Lets in who sends `Authorization: Bearer <token>`, and says who that is. */
@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const { authorization = '' } = request.headers;
    request.user = SESSIONS.get(authorization.replace(/^Bearer /, ''));
    if (!request.user) throw new UnauthorizedException('Sign in to change your avatar.');
    return true;
  }
}

/** Who is signed in. */
export const User = createParamDecorator(
  (_data: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<UserRequest>().user,
);
