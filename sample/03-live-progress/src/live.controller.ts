import {
  Controller,
  Get,
  Header,
  NotFoundException,
  Param,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { bufferTime, defer, filter, map, merge, type Observable } from 'rxjs';
import { TusService } from 'nestjs-tus';
import { latestOf, toLiveUpload, type LiveUpload } from './live-upload.js';

/** Milliseconds between two messages, each of which tells of all uploads that have changed. */
const STEP = 250;

/** Milliseconds until a browser that lost the connection tries again. */
const RETRY = 1000;

@Controller()
export class LiveController {
  constructor(private readonly tus: TusService) {}

  /** First what runs already, as `running`; from then on what happens. Ends with the app. */
  @Sse('live')
  live(): Observable<MessageEvent> {
    const running$ = defer(() => this.running()).pipe(
      map((data) => ({ type: 'running', data, retry: RETRY })),
    );
    const news$ = this.tus.events$.pipe(
      map(({ upload }) => upload),
      filter(({ partial }) => !partial),
      bufferTime(STEP),
      filter((uploads) => uploads.length > 0),
      map((uploads) => ({ data: latestOf(uploads) })),
    );
    // News first: what happens while the list is read is not missed.
    return merge(news$, running$);
  }

  /** What became of an upload that a page has lost sight of. */
  @Get('uploads/:id')
  @Header('Cache-Control', 'no-store')
  async find(@Param('id') id: string): Promise<LiveUpload> {
    const upload = await this.tus.find(id);
    if (!upload) throw new NotFoundException('There is no such upload.');
    return toLiveUpload(upload);
  }

  private async running(): Promise<LiveUpload[]> {
    const uploads: LiveUpload[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.tus.list({ state: 'receiving', cursor });
      const whole = page.items.filter(({ partial }) => !partial);
      uploads.push(...whole.map(toLiveUpload));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return uploads;
  }
}
