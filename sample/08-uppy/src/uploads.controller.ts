import { Controller, Get, Header, Req, UseGuards } from '@nestjs/common';
import { TusService, type Upload } from 'nestjs-tus';
import { SessionGuard, type UserRequest } from './session.guard.js';

/** A finished file as the page shows it. */
interface FinishedItem {
  readonly name: string;
  /** What its client declared it to be. */
  readonly type?: string;
  /** Bytes. */
  readonly size: number;
  /** Where it can be downloaded. */
  readonly url: string;
}

@Controller('uploads')
@UseGuards(SessionGuard)
export class UploadsController {
  constructor(private readonly tus: TusService) {}

  /** The finished files of the user, the newest first. */
  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() { user }: UserRequest): Promise<FinishedItem[]> {
    const uploads = this.tus.ownedBy(user);
    const items: FinishedItem[] = [];
    let cursor: string | undefined;
    do {
      const page = await uploads.list({ state: 'finished', cursor });
      items.push(...page.items.filter(({ partial }) => !partial).map(toItem));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return items.reverse();
  }
}

function toItem({ id, filename, metadata, offset }: Upload): FinishedItem {
  return { name: filename ?? id, type: metadata['filetype'], size: offset, url: `/files/${id}` };
}
