import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { IncomingHttpHeaders } from 'node:http';

/** Scripts cannot read it, and pages of other sites cannot send it. Behind HTTPS, add `Secure`. */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/** Sessions in a signed cookie, so that they outlive a restart. */
@Injectable()
export class Sessions {
  constructor(private readonly jwt: JwtService) {}

  /** The `Set-Cookie` that begins a session. */
  async begin(user: string): Promise<string> {
    return `session=${await this.jwt.signAsync({ sub: user })}; Max-Age=86400; ${ATTRIBUTES}`;
  }

  /** The `Set-Cookie` that ends it. */
  end(): string {
    return `session=; Max-Age=0; ${ATTRIBUTES}`;
  }

  /** Who is signed in; `undefined` for nobody. */
  async userOf({ cookie = '' }: IncomingHttpHeaders): Promise<string | undefined> {
    const token = /(?:^|; )session=([^;]+)/.exec(cookie)?.[1];
    if (token === undefined) return undefined;
    const { sub } = await this.jwt
      .verifyAsync<{ sub?: string }>(token)
      .catch(() => ({ sub: undefined }));
    return sub;
  }
}
