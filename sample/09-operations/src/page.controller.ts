import { createReadStream } from 'node:fs';
import {
  Controller,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  StreamableFile,
} from '@nestjs/common';
import { Importer } from './importer.js';

const PUBLIC = new URL('../public/', import.meta.url);
const TUS_CLIENT = new URL(import.meta.resolve('tus-js-client/dist/tus.min.js'));

const TYPES = new Map([
  ['page.js', 'text/javascript; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
]);

/** Serves a page that sends made-up files, so that there is something to look after. */
@Controller()
export class PageController {
  constructor(private readonly importer: Importer) {}

  @Get()
  @Header('Content-Security-Policy', "default-src 'self'")
  @Header('Cache-Control', 'no-cache')
  page(): StreamableFile {
    return stream(new URL('index.html', PUBLIC), 'text/html; charset=utf-8');
  }

  @Post('importer/mended')
  @HttpCode(204)
  mend(): void {
    this.importer.mend();
  }

  @Get('public/tus.min.js')
  client(): StreamableFile {
    return stream(TUS_CLIENT, 'text/javascript; charset=utf-8');
  }

  @Get('public/:name')
  @Header('Cache-Control', 'no-cache')
  part(@Param('name') name: string): StreamableFile {
    const type = TYPES.get(name);
    if (!type) {
      throw new NotFoundException();
    }
    return stream(new URL(name, PUBLIC), type);
  }
}

function stream(file: URL, type: string): StreamableFile {
  return new StreamableFile(createReadStream(file), { type });
}
