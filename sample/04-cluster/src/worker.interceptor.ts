import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import cluster from 'node:cluster';
import type { Observable } from 'rxjs';

/** Says in every answer which worker gave it. */
@Injectable()
export class WorkerInterceptor implements NestInterceptor {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response: unknown = context.switchToHttp().getResponse();
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'X-Worker', `${cluster.worker?.id ?? 0} (pid ${process.pid})`);
    return next.handle();
  }
}
