import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import { creationPath, uploadLocation } from '../../protocol/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { platformOf } from '../platform/platform.js';
import type { Exchange } from '../request/exchange.js';
import { rawRequest, type PlatformRequest } from '../request/http-types.js';
import { isForwarded, requestOrigin } from '../request/request-origin.js';

/** The URLs uploads of an instance have, as a request's client sees them. */
@Injectable()
export class UploadUrls {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** `Location` of an upload that a request has created, or is on. */
  locationOf(id: string, { request, id: asked }: Pick<Exchange, 'request' | 'id'>): string {
    const { publicUrl } = this.options;
    const trusted = this.trustsProxy(request);
    const absolute = publicUrl === 'request';
    const base = absolute ? undefined : publicUrl;
    const path = asked === undefined ? pathOf(request) : pathAbove(request);
    if (!absolute && !trusted) return uploadLocation({ path, id, base });

    const origin = { ...requestOrigin(rawRequest(request), trusted), absolute };
    return uploadLocation({ path, id, origin, base });
  }

  /** The paths by which a request's client may know the creation URL. */
  creationPaths(request: PlatformRequest): string[] {
    const { publicUrl } = this.options;
    const path = pathOf(request);
    if (publicUrl === undefined || publicUrl === 'request') return [path];
    return [path, creationPath(new URL(publicUrl).pathname)];
  }

  /** Where no proxy says anything, there is nothing to trust. */
  private trustsProxy(request: PlatformRequest): boolean {
    if (!isForwarded(rawRequest(request))) return false;
    return platformOf(this.adapterHost.httpAdapter)?.trustsProxy(request) ?? false;
  }
}

/** Path of the creation URL, as it was sent; a middleware that was mounted on a path has cut `url`. */
function pathOf(request: PlatformRequest): string {
  const { originalUrl } = request as { originalUrl?: string };
  return creationPath(originalUrl ?? rawRequest(request).url ?? '/');
}

/** The same for a request on an upload, whose id is the last segment. */
function pathAbove(request: PlatformRequest): string {
  const path = pathOf(request);
  return path.slice(0, path.lastIndexOf('/'));
}
