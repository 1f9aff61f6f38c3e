import type { EndpointUpload } from '../../interfaces/index.js';
import { rawRequest, type PlatformRequest } from '../request/http-types.js';

const uploads = new WeakMap<object, EndpointUpload>();

/** Lets the upload that a request has finished be found from the request. */
export function attachUpload(request: PlatformRequest, upload: EndpointUpload): void {
  uploads.set(rawRequest(request), upload);
}

/** The upload that a request has finished. */
export function uploadOf(request: PlatformRequest): EndpointUpload | undefined {
  return uploads.get(rawRequest(request));
}
