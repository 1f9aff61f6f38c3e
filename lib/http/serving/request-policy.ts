import { Inject, Injectable } from '@nestjs/common';
import { checkOwner, checkQuota, parseSize, type TusOptions } from '../../options/index.js';
import {
  allowedMethods,
  assertVersion,
  methodNotAllowed,
  type CreationRules,
  type ProtocolError,
} from '../../protocol/index.js';
import type { UploadProtocol } from '../../registry/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { parseUploadId, type Quota, type UploadScope } from '../../uploads/index.js';
import type { Exchange } from '../request/exchange.js';
import { headerLines } from '../request/header-lines.js';
import { bindingOf } from '../request/path-binding.js';

/** What holds for a request: which uploads it may ask for, and what it may create. */
@Injectable()
export class RequestPolicy {
  constructor(@Inject(TUS_OPTIONS) private readonly options: TusOptions) {}

  /**
   * Which uploads the request may see.
   *
   * @param protocol the only one that they may be of; absent: any
   * @throws TusOptionError when the app's function returns something other than an owner
   */
  async scopeOf(exchange: Exchange, protocol?: UploadProtocol): Promise<UploadScope> {
    const { request, endpoint } = exchange;
    const owner = this.options.owner && checkOwner(await this.options.owner(request));
    return { owner, endpoint: endpoint?.name, binding: bindingOf(exchange), protocol };
  }

  /** @throws TusOptionError when the app's function returns something other than a size */
  async rulesFor({ request, endpoint }: Exchange): Promise<CreationRules> {
    const { extensions, maxParts, maxSize, maxSizeOf } = this.options;
    if (endpoint?.maxSize !== undefined) {
      return { extensions, maxParts, maxSize: endpoint.maxSize };
    }
    if (!maxSizeOf) return { extensions, maxParts, maxSize };
    const told = await maxSizeOf(request as never);
    const size = told === undefined ? undefined : parseSize('maxSize', told);
    return { extensions, maxParts, maxSize: size };
  }

  /** @throws TusOptionError when the app's function returns something other than a quota */
  async quotaFor({ request }: Exchange): Promise<Quota | undefined> {
    const { quota, quotaOf } = this.options;
    const told = await quotaOf?.(request as never);
    return told ? checkQuota(told) : quota;
  }

  /**
   * The upload a request is on.
   *
   * @throws ProtocolError 405 on the creation URL, 412 for another version
   * @throws UploadNotFoundError
   */
  uploadIdOf(exchange: Exchange): string {
    const { id } = exchange;
    if (id === undefined) throw this.notAllowed(exchange);
    assertVersion(headerLines(exchange.req));
    return parseUploadId(id);
  }

  notAllowed({ id }: Exchange): ProtocolError {
    const target = id === undefined ? 'creation' : 'upload';
    return methodNotAllowed(allowedMethods(this.options, target));
  }
}
