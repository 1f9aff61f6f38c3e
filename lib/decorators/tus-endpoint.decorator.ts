import {
  applyDecorators,
  createParamDecorator,
  SetMetadata,
  UseFilters,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import {
  EndpointInterceptor,
  MarkTusRoute,
  TusExceptionFilter,
  TusRoute,
  UPLOAD_PARAMETER,
  uploadOf,
  type EndpointMark,
} from '../http/index.js';
import type { TusEndpointOptions } from '../interfaces/index.js';
import { assertNotStatic, noteMethod } from '../marks/index.js';
import { parsePath } from '../options/index.js';
import { ENDPOINT_METADATA } from '../tus.constants.js';

/**
 * Makes a controller's method the target of resumable uploads.
 *
 * All verbs of tus are served at the path, below the controller's; guards, pipes, interceptors and
 * filters of the controller and the method apply. Pipes on path and query run when an upload is
 * created too, and what the method takes of that query is kept for it: 2,048 bytes as JSON at most,
 * more is refused with 414.
 *
 * The method itself runs once, in the request that finishes an upload: `@UploadedUpload()` gives it
 * the upload, and `request.body` is an `EndpointBody` or, with `sendFile`, the file as a stream. What
 * it returns or throws is the client's answer, which is kept and given again when the client asks
 * again. A status from 400 to 499 refuses the upload, which is then removed; one of 500 and above,
 * like 408, 423, 425 and 429, leaves it, and the method runs again when the client comes back, as it
 * does after a crash; a HEAD is then told 423, for clients begin anew after a fault. No
 * `@OnUploadFinished()` handler is called for it.
 *
 * Where `protocols` has `'ietf'`, clients of the IETF's resumable uploads are served too, and so are requests
 * that speak no protocol: their body is an upload of its own, for which the method runs in the same request.
 *
 * @param path below the controller's; its own unless given
 * @publicApi
 */
export function TusEndpoint(path = '', options: TusEndpointOptions = {}): MethodDecorator {
  const trimmed = path.replace(/^\/|\/$/g, '');
  const base = trimmed === '' ? '' : parsePath('@TusEndpoint path', trimmed, UPLOAD_PARAMETER);
  const route = new TusRoute();
  return (target, key, descriptor: PropertyDescriptor) => {
    assertNotStatic('@TusEndpoint', target, key);
    const mark: EndpointMark = { key: String(key), path: base, options, route };
    applyDecorators(
      SetMetadata(ENDPOINT_METADATA, mark),
      MarkTusRoute(route),
      UseInterceptors(EndpointInterceptor),
      UseFilters(TusExceptionFilter),
    )(target, key, descriptor);
    noteMethod(ENDPOINT_METADATA, target, key, mark);
  };
}

/**
 * The upload that a `@TusEndpoint()` method is called for, as an `EndpointUpload`; `ParseFilePipe`
 * and its validators work on it.
 *
 * @publicApi
 */
export const UploadedUpload = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  uploadOf(context.switchToHttp().getRequest()),
);
