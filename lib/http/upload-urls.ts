import {
  creationPath,
  readForwarded,
  uploadLocation,
  type OwnUrls,
  type PublicOrigin,
} from '../protocol/index.js';
import { headerLines } from './header-lines.js';
import { rawRequest, type PlatformRequest } from './http-types.js';
import { requestOrigin } from './request-origin.js';

/** The URLs uploads of an instance have, as a request's client sees them. */
export class UploadUrls {
  /** @param publicUrl the option of that name */
  constructor(private readonly publicUrl: string | undefined) {}

  /** `Location` of an upload that a request has created. */
  locationOf(id: string, request: PlatformRequest, trusted: boolean): string {
    const { publicUrl } = this;
    const absolute = publicUrl === 'request';
    const base = absolute ? undefined : publicUrl;
    const path = pathOf(request);
    if (!absolute && !trusted) return uploadLocation({ path, id, base });

    const origin = { ...requestOrigin(rawRequest(request), trusted), absolute };
    return uploadLocation({ path, id, origin, base });
  }

  /** What a URL must look like to be one of ours. */
  ownUrls(request: PlatformRequest): OwnUrls {
    return new UrlsOfRequest(request, this.base());
  }

  private base(): URL | undefined {
    const { publicUrl } = this;
    return publicUrl === undefined || publicUrl === 'request' ? undefined : new URL(publicUrl);
  }
}

/**
 * Our URLs as one request names them; worked out only when a concatenation asks.
 *
 * That a proxy said it, trusted or not, is enough: nothing is fetched from there, and an id is
 * worth nothing without its upload.
 */
class UrlsOfRequest implements OwnUrls {
  constructor(
    private readonly request: PlatformRequest,
    private readonly base?: URL,
  ) {}

  get paths(): string[] {
    const path = pathOf(this.request);
    const prefix = this.forwarded.prefix ?? '';
    const basePath = this.base && creationPath(this.base.pathname);
    return [path, `${prefix}${path}`, basePath].filter(isGiven);
  }

  get hosts(): string[] {
    const req = rawRequest(this.request);
    const { host } = requestOrigin(req, false);
    return [req.headers.host, host, this.forwarded.host, this.base?.host].filter(isGiven);
  }

  private get forwarded(): PublicOrigin {
    return readForwarded(headerLines(rawRequest(this.request)));
  }
}

/** Path of the creation URL, as it was sent; a middleware that was mounted on a path has cut `url`. */
function pathOf(request: PlatformRequest): string {
  const { originalUrl } = request as { originalUrl?: string };
  return creationPath(originalUrl ?? rawRequest(request).url ?? '/');
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined;
}
