import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { endpointMarkOf } from './endpoint-mark.js';
import { getEndpointsToken, type TusEndpoints } from './tus-endpoints.js';

/** Lets an instance answer the requests on an endpoint's path, and the method the last of them. */
@Injectable()
export class EndpointInterceptor implements NestInterceptor {
  constructor(private readonly moduleRef: ModuleRef) {}

  intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const mark = endpointMarkOf(context.getHandler());
    if (!mark) throw new TypeError('This interceptor is for @TusEndpoint() methods.');
    const token = getEndpointsToken(mark.options.instance);
    const endpoints = this.moduleRef.get<TusEndpoints>(token, { strict: false });
    return endpoints.serve(mark, context, next);
  }
}
