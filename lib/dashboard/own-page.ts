import { ForbiddenException } from '@nestjs/common';

/** The header that scripts of other sites cannot add without being asked whether they may. */
export const PAGE_HEADER = 'x-tus-dashboard';

/** What is looked at of a request of Express or Fastify. */
export interface PageRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As the platform has it: that of a proxy where the platform trusts it. */
  readonly host?: string;
}

/**
 * Makes sure that a request which changes something comes from the page itself, and not from another
 * site in a browser that keeps the password: by its own header, and by what the browser says of where
 * the request is from. A client that is no browser says nothing of that.
 *
 * @throws ForbiddenException
 */
export function assertFromPage(request: PageRequest): void {
  const { headers } = request;
  if (headers[PAGE_HEADER] === undefined) {
    throw new ForbiddenException('The header X-Tus-Dashboard is missing.');
  }
  if (!isSameOrigin(request)) {
    throw new ForbiddenException('The request comes from another site.');
  }
}

/** Browsers send `Sec-Fetch-Site` over HTTPS only, and for localhost (W3C Fetch Metadata, §2.3). */
function isSameOrigin({ headers, host }: PageRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin === undefined) return true;
  return typeof origin === 'string' && URL.canParse(origin) && new URL(origin).host === host;
}
