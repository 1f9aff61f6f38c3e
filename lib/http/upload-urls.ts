import { creationPath, readForwarded, uploadLocation, type OwnUrls } from '../protocol/index.js';
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

  /**
   * What a URL must look like to be one of ours. That a proxy said it, trusted or not, is enough:
   * nothing is fetched from there, and an id is worth nothing without its upload.
   */
  ownUrls(request: PlatformRequest): OwnUrls {
    const req = rawRequest(request);
    const forwarded = readForwarded(req.headersDistinct);
    const path = pathOf(request);
    const base = this.base();
    return {
      paths: [path, `${forwarded.prefix ?? ''}${path}`, base && creationPath(base.pathname)].filter(
        isGiven,
      ),
      hosts: [req.headers.host, requestOrigin(req, false).host, forwarded.host, base?.host].filter(
        isGiven,
      ),
    };
  }

  private base(): URL | undefined {
    const { publicUrl } = this;
    return publicUrl === undefined || publicUrl === 'request' ? undefined : new URL(publicUrl);
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
