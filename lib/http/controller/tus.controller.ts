import {
  Controller,
  Delete,
  Get,
  Head,
  Inject,
  Options,
  Patch,
  Post,
  Put,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import type { PlatformRequest, PlatformResponse } from '../request/http-types.js';
import { TusExceptionFilter } from '../response/tus-exception.filter.js';
import { TusHttp } from '../entry/tus-http.js';

/** The creation URL, and the URL of each upload below it. */
const ROUTES = ['', ':id'];

/**
 * Serves an instance's upload path: one method a verb, each nothing but the hand-over.
 *
 * Extend it and pass the subclass as the `controller` option to add routes or decorators of your
 * own; a route of the subclass goes before the one of the same verb and path here.
 *
 * @publicApi
 */
@Controller()
@UseFilters(TusExceptionFilter)
export class TusController {
  @Inject(TusHttp)
  private readonly http!: TusHttp;

  /** Tells what the server can do (tus 1.0 §OPTIONS). */
  @Options(ROUTES)
  options(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.discover(request, response);
  }

  /** Creates an upload (tus 1.0 §Creation). */
  @Post(ROUTES)
  post(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.create(request, response);
  }

  /** Tells how far an upload is (tus 1.0 §HEAD). */
  @Head(ROUTES)
  head(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.status(request, response);
  }

  /** Appends to an upload (tus 1.0 §PATCH). */
  @Patch(ROUTES)
  patch(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.append(request, response);
  }

  /** Terminates an upload (tus 1.0 §Termination). */
  @Delete(ROUTES)
  delete(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.terminate(request, response);
  }

  /** Sends a finished upload's file, where the `download` option allows it. */
  @Get(ROUTES)
  get(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.download(request, response);
  }

  /** Refuses: nothing is uploaded to this path by PUT. */
  @Put(ROUTES)
  put(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    return this.http.refuse(request, response);
  }
}
