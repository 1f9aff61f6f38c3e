import { creationPath, uploadLocation } from '../../protocol/index.js';
import { rawRequest, type PlatformRequest } from '../request/http-types.js';
import { requestOrigin } from '../request/request-origin.js';

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

  /** The paths by which a request's client may know the creation URL. */
  creationPaths(request: PlatformRequest): string[] {
    const { publicUrl } = this;
    const path = pathOf(request);
    if (publicUrl === undefined || publicUrl === 'request') return [path];
    return [path, creationPath(new URL(publicUrl).pathname)];
  }
}

/** Path of the creation URL, as it was sent; a middleware that was mounted on a path has cut `url`. */
function pathOf(request: PlatformRequest): string {
  const { originalUrl } = request as { originalUrl?: string };
  return creationPath(originalUrl ?? rawRequest(request).url ?? '/');
}
