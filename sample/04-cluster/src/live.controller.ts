import { Controller, Param, Sse, UseInterceptors, type MessageEvent } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { TusService, type Upload } from 'nestjs-tus';
import { WorkerInterceptor } from './worker.interceptor.js';

/** Uploads as they go on, in whichever worker: the one that is asked hears it from the others. */
@Controller('live')
@UseInterceptors(WorkerInterceptor)
export class LiveController {
  constructor(private readonly tus: TusService) {}

  /** What happens to all of them from now on. */
  @Sse()
  all(): Observable<MessageEvent> {
    return this.tus.events$.pipe(map(({ type, upload }) => ({ type, data: brief(upload) })));
  }

  /** How far one is, up to its end. */
  @Sse(':id')
  one(@Param('id') id: string): Observable<MessageEvent> {
    return this.tus.progress$(id).pipe(map((upload) => ({ data: brief(upload) })));
  }
}

function brief({ id, state, offset, length }: Upload) {
  return { id, state, offset, length };
}
